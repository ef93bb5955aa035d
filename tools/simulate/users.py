"""The made-up users and their tastes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.catalogue import Catalogue
from tools.simulate.vocabulary import REGIONS, SEGMENTS
from tools.simulate.world import best_columns

SEGMENT_SHARES = (0.4, 0.4, 0.2)
SEGMENT_SENSITIVITY = np.array([1.4, 0.7, -0.2])
"""Mean price sensitivity of each segment; the premium one takes a price as a promise."""
FAVOURITE_BRANDS = 3
USERS_A_BLOCK = 256


@dataclass(frozen=True)
class Users:
    """Users with their hidden sides.

    Attributes:
        table: contract table.
        price_sensitivity: float [users].
        brand_liking: float [users, brands]; or None without a catalogue.
        interests: float [users, departments], rows sum to 1; or None without a catalogue.
    """

    table: pd.DataFrame
    price_sensitivity: NDArray[np.float64]
    brand_liking: NDArray[np.float64] | None = None
    interests: NDArray[np.float64] | None = None


def make_users(count: int, rng: np.random.Generator) -> Users:
    """Users with a segment, a region and a price sensitivity.

    Args:
        count: how many.
        rng: the source of chance.

    Returns:
        Users without tastes for brands or departments.
    """
    segment = rng.choice(len(SEGMENTS), size=count, p=SEGMENT_SHARES)
    table = pd.DataFrame(
        {
            "user_id": np.char.add("u", np.char.zfill((np.arange(count) + 1).astype(str), 6)),
            "segment": np.array(SEGMENTS)[segment],
            "region": np.array(REGIONS)[rng.integers(0, len(REGIONS), count)],
        }
    )
    return Users(table, SEGMENT_SENSITIVITY[segment] + rng.normal(0.0, 0.3, count))


def make_shoppers(count: int, past_items: int, catalogue: Catalogue, rng: np.random.Generator) -> Users:
    """Users with favourite brands and departments, and with items bought before the log starts.

    Args:
        count: how many.
        past_items: most items that one user bought before; the column `past_items` holds their ids.
        catalogue: the items.
        rng: the source of chance.

    Returns:
        Users with tastes.
    """
    users = make_users(count, rng)
    brands = len(catalogue.brands)
    order = np.argsort(rng.random((count, brands)), axis=1)
    liking = np.zeros((count, brands))
    np.put_along_axis(liking, order[:, : min(FAVOURITE_BRANDS, brands)], 1.0, axis=1)
    interests = rng.dirichlet(np.full(len(catalogue.departments), 0.8), size=count) + 0.02
    interests /= interests.sum(axis=1, keepdims=True)

    length = rng.integers(0, past_items + 1, count)
    ids = catalogue.items["item_id"].to_numpy(dtype=object)
    history: list[NDArray[np.object_]] = []
    for start in range(0, count, USERS_A_BLOCK):
        block = slice(start, start + USERS_A_BLOCK)
        score = (
            np.log(interests[block])[:, catalogue.department_of_item]
            + 1.5 * liking[block][:, catalogue.brand_of_item]
            + 0.5 * catalogue.popularity
            - 0.4 * users.price_sensitivity[block, None] * catalogue.price_level
        )
        score += rng.gumbel(size=score.shape)
        best = best_columns(score, past_items)
        history += [ids[row[:n]] for row, n in zip(best, length[block], strict=True)]
    table = users.table.assign(past_items=pd.Series(history, dtype=object))
    return Users(table, users.price_sensitivity, liking, interests)
