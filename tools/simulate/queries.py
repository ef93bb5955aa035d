"""The made-up queries and what each one asks for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.catalogue import Catalogue
from tools.simulate.config import MarketplaceConfig
from tools.simulate.vocabulary import ATTRIBUTES, ITEM_TYPES, OCCASION_WORDINGS, OCCASIONS, SOFT_ATTRIBUTES
from tools.simulate.world import zipf_weights
from trainer.errors import InputError

KINDS = ("type", "brand", "attribute", "use_case", "synonym", "typo")
HEAD = {"type": 0.6, "brand": 0.1, "attribute": 0.1, "use_case": 0.0, "synonym": 0.2, "typo": -0.3}
"""How much each kind of query tends to the frequent ones."""
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


@dataclass(frozen=True)
class Queries:
    """Queries with their intent. Q queries, T item types.

    Attributes:
        text: str [Q].
        kind: str [Q], one of KINDS.
        type_grade: int [Q, T], 3 for the types asked for, 1 for types of their families.
        brand: int [Q], -1 where any will do.
        attribute: int [Q], the attribute asked for, -1 where none is.
        attribute_value: int [Q], its value.
        department: int [Q].
        weight: float [Q], relative frequency.
    """

    text: NDArray[np.str_]
    kind: NDArray[np.str_]
    type_grade: NDArray[np.int64]
    brand: NDArray[np.int64]
    attribute: NDArray[np.int64]
    attribute_value: NDArray[np.int64]
    department: NDArray[np.int64]
    weight: NDArray[np.float64]

    def grades(self, rows: slice | NDArray[np.int64], catalogue: Catalogue) -> NDArray[np.int64]:
        """The relevance of every item for some of the queries.

        Args:
            rows: which queries, q of them.
            catalogue: the items.

        Returns:
            int [q, items], 0 (unrelated) to 3 (what was asked for).
        """
        grade = self.type_grade[rows][:, catalogue.type_of_item]
        brand = self.brand[rows, None]
        other_brand = (brand >= 0) & (brand != catalogue.brand_of_item)
        grade = grade - other_brand
        attribute = self.attribute[rows]
        has = catalogue.attribute_codes[:, attribute].T
        miss = (attribute >= 0)[:, None] & (has != self.attribute_value[rows, None])
        soft = np.array([name in SOFT_ATTRIBUTES for name in ATTRIBUTES])[attribute][:, None]
        return np.maximum(grade - np.where(soft, 1, 2) * miss, 0)


def make_queries(config: MarketplaceConfig, catalogue: Catalogue, rng: np.random.Generator) -> Queries:
    """Draw distinct queries of each kind that the catalogue can answer.

    Args:
        config: how many, of which kinds, how unequal.
        catalogue: the items.
        rng: the source of chance.

    Returns:
        The queries.

    Raises:
        InputError: more queries than there are wordings.
    """
    weights = pd.Series(config.query_kinds.model_dump())
    quota = _largest_remainder(weights / weights.sum() * config.queries, config.queries)
    possible = _possible(catalogue)
    possible = possible.iloc[rng.permutation(len(possible))].drop_duplicates("text").reset_index(drop=True)
    possible = possible[possible["kind"].map(weights).gt(0)]
    rank = possible.groupby("kind").cumcount()
    first = rank < possible["kind"].map(quota)
    chosen = pd.concat([possible[first], possible[~first]]).iloc[: config.queries - quota["typo"]]
    missing = config.queries - len(chosen) if weights["typo"] > 0 else 0
    table = pd.concat([chosen, _typos(chosen, set(possible["text"]), missing, rng)])
    if len(table) < config.queries:
        raise InputError(
            f"simulate.marketplace.queries: {config.queries} is more than this catalogue gives "
            f"({len(table)}); ask for fewer, or for more items and brands"
        )
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)

    type_names = [kind.name for kind in ITEM_TYPES]
    families = np.array([kind.family for kind in ITEM_TYPES])
    asked = np.array([[name in names for name in type_names] for names in table["types"]])
    related = (asked[:, :, None] & (families[:, None] == families)).any(axis=1)
    head = table["kind"].map(HEAD).to_numpy(dtype=np.float64)
    return Queries(
        text=table["text"].to_numpy(dtype=str),
        kind=table["kind"].to_numpy(dtype=str),
        type_grade=np.where(asked, 3, related.astype(int)),
        brand=table["brand"].to_numpy(),
        attribute=table["attribute"].to_numpy(),
        attribute_value=table["value"].to_numpy(),
        department=catalogue.department_of_type[asked.argmax(axis=1)],
        weight=zipf_weights(len(table), config.query_zipf, rng, head),
    )


def _largest_remainder(shares: pd.Series, total: int) -> pd.Series:
    whole = np.floor(shares).astype(int)
    extra = (shares - whole).sort_values(ascending=False, kind="stable").index[: total - whole.sum()]
    whole[extra] += 1
    return whole


def _possible(catalogue: Catalogue) -> pd.DataFrame:
    """Every wording that some item answers, by kind."""
    names = np.array([kind.name for kind in ITEM_TYPES])
    rows: list[tuple[str, str, tuple[str, ...], int, int, int]] = []
    for kind in ITEM_TYPES:
        only = (kind.name,)
        rows += [("type", form.format(kind.name), only, -1, -1, -1) for form in ("{}", "good {}", "{} sale")]
        rows += [("synonym", form.format(w), only, -1, -1, -1) for w in kind.synonyms for form in ("{}", "cheap {}")]
    for occasion, types in OCCASIONS.items():
        rows += [("use_case", form.format(occasion), types, -1, -1, -1) for form in OCCASION_WORDINGS]
    for t, b in np.unique(np.stack([catalogue.type_of_item, catalogue.brand_of_item], axis=1), axis=0):
        rows.append(("brand", f"{catalogue.brands[b].lower()} {names[t]}", (names[t],), int(b), -1, -1))
    for a, options in enumerate(ATTRIBUTES.values()):
        pairs = np.stack([catalogue.type_of_item, catalogue.attribute_codes[:, a]], axis=1)
        for t, v in np.unique(pairs[pairs[:, 1] >= 0], axis=0):
            for form in ("{0} {1}", "{1} {0}"):
                rows.append(("attribute", form.format(options[v], names[t]), (names[t],), -1, a, int(v)))
    return pd.DataFrame(rows, columns=["kind", "text", "types", "brand", "attribute", "value"])


def _typos(chosen: pd.DataFrame, known: set[str], count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Up to `count` misspelt copies of chosen queries, none of which is another query."""
    texts: dict[str, int] = {}
    for row in np.tile(rng.permutation(len(chosen)), 4):
        if len(texts) == count:
            break
        text = misspell(chosen["text"].iloc[row], rng)
        if text not in known:
            texts.setdefault(text, row)
    copies = chosen.iloc[list(texts.values())].copy()
    copies["text"] = list(texts)
    copies["kind"] = "typo"
    return copies


def misspell(text: str, rng: np.random.Generator) -> str:
    """One slip of the finger inside the longest word: a letter lost, doubled, swapped or hit beside.

    Args:
        text: a query.
        rng: the source of chance.

    Returns:
        The query with one word changed.
    """
    words = text.split(" ")
    longest = max(range(len(words)), key=lambda k: len(words[k]))
    word = words[longest]
    if len(word) < 3:
        return text + word[-1:]
    at = int(rng.integers(1, len(word) - 1))
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + str(rng.choice(LETTERS)) + word[at + 1 :],
    )
    words[longest] = slips[int(rng.integers(len(slips)))]
    return " ".join(words)
