"""What pages and behaviour are drawn from, whatever the source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Taste:
    """A liking of users for groups of items, such as brands.

    Attributes:
        group_of_item: int [items], the group of each item.
        liking: float [users, groups].
    """

    group_of_item: NDArray[np.int64]
    liking: NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Items, users and queries with what is hidden about them. Q queries have up to M candidates each.

    Attributes:
        items: contract table.
        users: contract table.
        judgments: contract table.
        queries: str [Q].
        query_weight: float [Q], relative frequency.
        candidates: int [Q, M], rows of `items`; -1 pads.
        relevance: float [Q, M], 0 (least relevant) to 1.
        lexical: float [Q, M], text similarity as the logging ranker sees it.
        popularity: float [items], standardised.
        quality: float [items], standard normal.
        price_level: float [items], standardised log price among comparable items.
        price_sensitivity: float [users].
        tastes: likings, each weighted as given.
        query_group: int [Q], the group of `interests` that a query belongs to, -1 for none; or None.
        interests: float [users, groups], share of a user's searches by group; or None.
        relevance_of_all: of queries (int [q]) to every item, float [q, items]; None where only candidates have one.
        facts: counts for the report.
    """

    items: pd.DataFrame
    users: pd.DataFrame
    judgments: pd.DataFrame
    queries: NDArray[np.str_]
    query_weight: NDArray[np.float64]
    candidates: NDArray[np.int64]
    relevance: NDArray[np.float64]
    lexical: NDArray[np.float64]
    popularity: NDArray[np.float64]
    quality: NDArray[np.float64]
    price_level: NDArray[np.float64]
    price_sensitivity: NDArray[np.float64]
    tastes: tuple[Taste, ...] = ()
    query_group: NDArray[np.int64] | None = None
    interests: NDArray[np.float64] | None = None
    relevance_of_all: Callable[[NDArray[np.int64]], NDArray[np.float64]] | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values with mean 0 and standard deviation 1; all 0 where they do not vary.

    Args:
        values: float [n].

    Returns:
        float [n].
    """
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def best_columns(score: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The columns with the highest scores of each row, best first.

    Args:
        score: float [n, m].
        count: how many, at most m.

    Returns:
        int [n, count].
    """
    if count < score.shape[1]:
        columns = np.argpartition(-score, count, axis=1)[:, :count]
    else:
        columns = np.tile(np.arange(score.shape[1]), (len(score), 1))
    order = np.argsort(-np.take_along_axis(score, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def zipf_weights(
    count: int, exponent: float, rng: np.random.Generator, head: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Frequencies 1 / rank ** exponent in a random order, summing to 1.

    Args:
        count: how many.
        exponent: 0 makes them equal.
        rng: decides who ranks where.
        head: float [count], who tends to rank first: added to the random ranking score.

    Returns:
        float [count].
    """
    score = rng.random(count) + (0.0 if head is None else head)
    rank = np.empty(count)
    rank[np.argsort(-score, kind="stable")] = np.arange(1, count + 1)
    weights = rank**-exponent
    return weights / weights.sum()
