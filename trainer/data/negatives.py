"""Items that a page did not show: sampled negatives for logs of clicks only, and all items as candidates."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.config import NegativesConfig
from trainer.data.hard_negatives import hard_negatives
from trainer.data.pages import Pages, concatenate
from trainer.data.splits import SPLITS

ROUNDS = 20
CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Shortfall:
    """Negatives of a log that holds clicks only.

    Attributes:
        wanted: ``per_click`` times the clicked items, and ``hard`` times those of the training pages.
        drawn: of them drawn; fewer where pages have no room or items run out.
    """

    wanted: int
    drawn: int

    @classmethod
    def of(cls, clicked: Pages, filled: Pages, config: NegativesConfig) -> "Shortfall":
        """Count.

        Args:
            clicked: pages before negatives were added.
            filled: the same pages with them.
            config: how many a clicked item.
        """
        training = (clicked.table["split"] == "train").to_numpy()[clicked.page_of_impression]
        wanted = int((clicked.clicked == 1).sum()) * config.per_click
        wanted += int((clicked.clicked[training] == 1).sum()) * config.hard
        return cls(wanted, len(filled.item) - len(clicked.item))


def add_negatives(
    pages: Pages,
    item_count: int,
    config: NegativesConfig,
    longest: int,
    seed: int,
    texts: pd.Series | None = None,
) -> Pages:
    """Add sampled items to the pages of a log that holds clicks only.

    Training negatives are drawn without replacement with probability proportional to
    (clicks on training pages + 1) ** power, those of the other splits uniformly. Every position becomes unknown: known
    positions would tell clicks from negatives. Hard negatives come before them, on training pages alone: what is measured
    on the other splits does not depend on them.

    Args:
        pages: P pages with their splits.
        item_count: I
        config: how many a clicked item, and the power.
        longest: the most items a page may have.
        seed: of the draws; each split has a stream of its own.
        texts: of the I items, for hard negatives.

    Returns:
        The pages in the same order, the sampled items last in each.
    """
    training = (pages.table["split"] == "train").to_numpy()[pages.page_of_impression] & (pages.clicked == 1)
    popularity = np.bincount(pages.item[training], minlength=item_count) + 1.0
    order, parts = [], []
    for number, name in enumerate(SPLITS):
        chosen = np.flatnonzero(pages.table["split"] == name)
        part = pages.take(chosen)
        weights = popularity**config.power if name == "train" else np.ones(item_count)
        clicks = np.bincount(part.page_of_impression, weights=part.clicked == 1, minlength=len(part))
        room = np.minimum(longest, item_count) - part.sizes
        if config.hard and name == "train" and texts is not None:
            need = np.clip(clicks * config.hard, 0, np.maximum(room, 0)).astype(np.int64)
            part = _append(part, *hard_negatives(part, texts, need))
            room = np.minimum(longest, item_count) - part.sizes
        need = np.clip(clicks * config.per_click, 0, np.maximum(room, 0)).astype(np.int64)
        page, item = sample_items(part, need, weights, np.random.default_rng([seed, number]))
        parts.append(_append(part, page, item))
        order.append(chosen)
    whole = concatenate(parts).take(np.argsort(np.concatenate(order), kind="stable"))
    return dataclasses.replace(whole, position=np.zeros_like(whole.position))


def sample_items(
    pages: Pages, need: np.ndarray, weights: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw items that are not on a page, each at most once a page.

    Args:
        pages: P pages; their items are not drawn.
        need: how many a page, int64 [P]; at most the items that are not on it.
        weights: of the items, float [I].
        random: where randomness comes from.

    Returns:
        Page and item of each draw, int64 [sum of need] each, in order of page.
    """
    count = len(weights)
    bounds = np.cumsum(weights) / weights.sum()
    taken = np.unique(pages.page_of_impression * count + pages.item)
    missing = need.copy()
    drawn = [np.zeros(0, np.int64)]
    # Where a page needs much of the table, drawing again what is taken already would not end: sort instead.
    whole = need * 4 > count
    for _ in range(ROUNDS):
        trying = np.where(whole, 0, missing)
        if not trying.any():
            break
        page = np.repeat(np.arange(len(pages)), trying + (trying > 0) * 4)
        item = np.minimum(np.searchsorted(bounds, random.random(len(page)), "right"), count - 1)
        key = page * count + item
        key = key[~np.isin(key, taken)]
        key = key[np.sort(np.unique(key, return_index=True)[1])]
        page = key // count
        rank = np.arange(len(page)) - np.searchsorted(page, page, "left")
        key = key[rank < missing[page]]
        missing -= np.bincount(key // count, minlength=len(pages))
        taken = np.union1d(taken, key)
        drawn.append(key)
    rest = np.flatnonzero(missing)
    at_once = max(1, CELLS_AT_ONCE // count)
    for start in range(0, len(rest), at_once):
        chosen = rest[start : start + at_once]
        drawn.append(_sort_out(chosen, missing[chosen], taken, weights, random))
    keys = np.concatenate(drawn)
    keys = keys[np.argsort(keys // count, kind="stable")]
    return keys // count, keys % count


def _sort_out(
    pages: np.ndarray, need: np.ndarray, taken: np.ndarray, weights: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Draw without replacement for a few pages by the largest perturbed log weights (Gumbel top-k; Vieira, 2014)."""
    count = len(weights)
    score = np.log(weights) + random.gumbel(size=(len(pages), count))
    keys = pages[:, None] * count + np.arange(count)
    score[np.isin(keys, taken)] = -np.inf
    order = np.argsort(-score, axis=1)
    return np.take_along_axis(keys, order, axis=1)[np.arange(count) < need[:, None]]


def all_candidates(pages: Pages, item_count: int) -> Pages:
    """The pages with every item as a candidate.

    Args:
        pages: P pages; labels and positions of the items that they show are kept.
        item_count: I

    Returns:
        P pages of I items in the order of the table; the items not shown are not clicked, and have no position and no
        label of a declared task.
    """
    cells = pages.page_of_impression * item_count + pages.item
    size = len(pages) * item_count

    def spread(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full(size, fill, values.dtype)
        out[cells] = values
        return out

    return Pages(
        table=pages.table,
        offset=np.arange(len(pages) + 1, dtype=np.int64) * item_count,
        item=np.tile(np.arange(item_count, dtype=np.int32), len(pages)),
        position=spread(pages.position, 0),
        clicked=spread(pages.clicked, 0),
        purchased=spread(pages.purchased, 0),
        relevance=spread(pages.relevance, np.nan),
        labels={name: spread(values, np.nan) for name, values in pages.labels.items()},
        propensity=None if pages.propensity is None else spread(pages.propensity, np.nan),
    )


def _append(pages: Pages, page: np.ndarray, item: np.ndarray) -> Pages:
    """Add impressions that were not clicked at the end of their pages."""
    owner = np.concatenate([pages.page_of_impression, page])
    order = np.argsort(owner, kind="stable")

    def joined(values: np.ndarray, fill: float) -> np.ndarray:
        return np.concatenate([values, np.full(len(page), fill, values.dtype)])[order]

    return Pages(
        table=pages.table,
        offset=np.append(0, np.cumsum(np.bincount(owner, minlength=len(pages)))).astype(np.int64),
        item=np.concatenate([pages.item, item.astype(np.int32)])[order],
        position=joined(pages.position, 0),
        clicked=joined(pages.clicked, 0),
        purchased=joined(pages.purchased, 0),
        relevance=joined(pages.relevance, np.nan),
        labels={name: joined(values, np.nan) for name, values in pages.labels.items()},
        propensity=None if pages.propensity is None else joined(pages.propensity, np.nan),
    )
