"""The made-up catalogue."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.config import MarketplaceConfig
from tools.simulate.vocabulary import ATTRIBUTES, BRAND_ENDS, BRAND_STARTS, ITEM_TYPES, OCCASIONS
from tools.simulate.world import standardise

QUALITY_PHRASES = np.array(["A basic model.", "Solid everyday quality.", "Carefully made and built to last."])
SYNONYM_SHARE = 0.25
"""Share of titles that use another word for the item type."""
NAMED_SHARE = 0.75
"""Share of attributes that the title names; the description names all."""


@dataclass(frozen=True)
class Catalogue:
    """Items with their hidden sides. T item types, A attributes.

    Attributes:
        items: contract table.
        type_of_item: int [items].
        brand_of_item: int [items].
        department_of_item: int [items].
        attribute_codes: int [items, A], the value of each attribute in ATTRIBUTES, -1 where it has none.
        brands: str [brands].
        departments: their names.
        department_of_type: int [T].
        quality: float [items].
        popularity: float [items], standardised.
        price_level: float [items], standardised.
    """

    items: pd.DataFrame
    type_of_item: NDArray[np.int64]
    brand_of_item: NDArray[np.int64]
    department_of_item: NDArray[np.int64]
    attribute_codes: NDArray[np.int64]
    brands: NDArray[np.str_]
    departments: tuple[str, ...]
    department_of_type: NDArray[np.int64]
    quality: NDArray[np.float64]
    popularity: NDArray[np.float64]
    price_level: NDArray[np.float64]


def make_catalogue(config: MarketplaceConfig, rng: np.random.Generator) -> Catalogue:
    """Make items of every type, with brands, attributes, prices, texts and an image vector.

    Args:
        config: sizes.
        rng: the source of chance.

    Returns:
        The catalogue.
    """
    departments = tuple(dict.fromkeys(kind.department for kind in ITEM_TYPES))
    department_of_type = np.array([departments.index(kind.department) for kind in ITEM_TYPES])
    types = _draw_types(config.items, rng)
    department = department_of_type[types]

    brands = _brand_names(config.brands, rng)
    at_home = np.arange(config.brands)[:, None] % len(departments) == np.arange(len(departments))
    at_home |= rng.random(at_home.shape) < 0.12
    brand_quality = rng.normal(0.0, 0.6, config.brands)
    brand_price = np.exp(0.25 * brand_quality + rng.normal(0.0, 0.2, config.brands))
    brand = np.argmax(rng.random((config.items, config.brands)) * at_home[:, department].T, axis=1)

    quality = standardise(brand_quality[brand] + rng.normal(0.0, 0.8, config.items))
    usual_price = np.array([kind.price for kind in ITEM_TYPES])[types]
    relative_price = brand_price[brand] * np.exp(0.12 * quality + rng.normal(0.0, 0.22, config.items))
    popularity = standardise(0.5 * quality + rng.normal(0.0, 1.0, config.items))

    codes = _draw_attributes(types, rng)
    values = {
        name: np.append(np.array(options), "")[codes[:, a]] for a, (name, options) in enumerate(ATTRIBUTES.items())
    }
    title, description = _texts(types, brands[brand], values, quality, rng)
    items = pd.DataFrame(
        {
            "item_id": np.char.add("i", np.char.zfill((np.arange(config.items) + 1).astype(str), 6)),
            "title": title,
            "description": description,
            "department": np.array(departments)[department],
            "item_type": np.array([kind.name for kind in ITEM_TYPES])[types],
            "brand": brands[brand],
            **values,
            "price": np.round(usual_price * relative_price, 2),
            "rating": np.round(np.clip(3.9 + 0.4 * quality + rng.normal(0.0, 0.3, config.items), 1.0, 5.0), 1),
            "review_count": np.round(np.exp(3.0 + 1.1 * popularity)).astype("int64"),
        }
    )
    items["image_vector"] = list(_image_vectors(config.image_width, types, department, codes, rng))
    return Catalogue(
        items=items,
        type_of_item=types,
        brand_of_item=brand,
        department_of_item=department,
        attribute_codes=codes,
        brands=brands,
        departments=departments,
        department_of_type=department_of_type,
        quality=quality,
        popularity=popularity,
        price_level=standardise(np.log(relative_price)),
    )


def _draw_types(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Every type at least once, some much more often than others."""
    weights = rng.gamma(4.0, size=len(ITEM_TYPES))
    more = rng.choice(len(ITEM_TYPES), size=count - len(ITEM_TYPES), p=weights / weights.sum())
    return rng.permutation(np.concatenate([np.arange(len(ITEM_TYPES)), more]))


def _brand_names(count: int, rng: np.random.Generator) -> NDArray[np.str_]:
    names = np.array([start + end for start, end in product(BRAND_STARTS, BRAND_ENDS)])
    return rng.permutation(names)[:count]


def _draw_attributes(types: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    has = np.array([[name in kind.attributes for name in ATTRIBUTES] for kind in ITEM_TYPES])
    sizes = np.array([len(options) for options in ATTRIBUTES.values()])
    codes = rng.integers(0, sizes, size=(len(types), len(sizes)))
    return np.where(has[types], codes, -1)


def _texts(
    types: NDArray[np.int64],
    brand: NDArray[np.str_],
    values: dict[str, NDArray[np.str_]],
    quality: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[pd.Series, pd.Series]:
    count = len(types)
    synonyms = [kind.synonyms for kind in ITEM_TYPES]
    most = max(map(len, synonyms))
    words = np.array([[*(names[k % len(names)] for k in range(most))] for names in synonyms])
    other = words[types, rng.integers(0, most, count)]
    usual = np.array([kind.name for kind in ITEM_TYPES])[types]
    name = pd.Series(np.where(rng.random(count) < SYNONYM_SHARE, other, usual))

    before: pd.Series = pd.Series("", index=range(count), dtype=str)
    after, details = before.copy(), before.copy()
    for attribute, value in values.items():
        present = value != ""
        named = present & (rng.random(count) < NAMED_SHARE)
        first = named & (rng.random(count) < 0.5)
        text: pd.Series = pd.Series(value)
        before += (text + " ").where(first, "")
        after += (", " + text).where(named & ~first, "")
        details += (f" {attribute.capitalize()}: " + text + ".").where(present, "")

    maker = pd.Series(brand)
    model = pd.Series(rng.integers(100, 1000, count).astype(str))
    pattern = rng.integers(0, 3, count)
    title = pd.Series(
        np.select(
            [pattern == 0, pattern == 1],
            [maker + " " + before + name + " " + model + after, before + name + " by " + maker + after],
            maker + " " + model + " " + before + name + after,
        )
    )
    title = title.str[:1].str.upper() + title.str[1:]
    phrase = QUALITY_PHRASES[np.digitize(quality, [-0.5, 0.7])]
    description = usual + " from " + maker + "." + details + " " + phrase + _occasion_sentence(types, rng)
    return title, description.str[:1].str.upper() + description.str[1:]


def _occasion_sentence(types: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.str_]:
    fitting = [[text for text, names in OCCASIONS.items() if kind.name in names] for kind in ITEM_TYPES]
    most = max(map(len, fitting))
    sentence = np.array(
        [[f" Good for: {texts[k % len(texts)]}." if texts else "" for k in range(most)] for texts in fitting]
    )
    chosen = sentence[types, rng.integers(0, most, len(types))]
    return np.where(rng.random(len(types)) < 0.5, chosen, "")


def _image_vectors(
    width: int,
    types: NDArray[np.int64],
    department: NDArray[np.int64],
    codes: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Unit vectors near the centre of their type, moved by colour and material as a picture would be."""
    by_type = rng.normal(size=(len(ITEM_TYPES), width))
    by_department = rng.normal(size=(department.max() + 1, width))
    vector = by_type[types] + by_department[department]
    for a, name in enumerate(ATTRIBUTES):
        if name in ("colour", "material", "pattern"):
            move = np.vstack([0.6 * rng.normal(size=(len(ATTRIBUTES[name]), width)), np.zeros(width)])
            vector += move[codes[:, a]]
    vector += 0.2 * rng.normal(size=vector.shape)
    return (vector / np.linalg.norm(vector, axis=1, keepdims=True)).astype(np.float32)
