"""Clicks of the log as pairs of a page and an item, with what the query tower reads of the page."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.config import RetrievalConfig
from trainer.data.pages import Pages
from trainer.data.sequences import click_histories
from trainer.retrieval.material import rows_of

HISTORY = "history"


@dataclass(frozen=True)
class Clicks:
    """Clicked items of pages.

    Attributes:
        pages: the P pages with a click.
        history: rows of items plus 1, int64 [P, H], the most recent first; 0 where there is none.
        page: of each click, int64 [M].
        item: row in the items table, int64 [M].
        weight: float32 [M].
    """

    pages: Pages
    history: np.ndarray
    page: np.ndarray
    item: np.ndarray
    weight: np.ndarray

    def of_split(self, name: str) -> np.ndarray:
        """Clicks on the pages of a split, int64."""
        return np.flatnonzero((self.pages.table["split"] == name).to_numpy()[self.page])


def find_clicks(pages: Pages, item_ids: np.ndarray, by_query: bool, config: RetrievalConfig) -> Clicks:
    """The clicks of a log.

    Histories are those of the pages, where they have any; else the items that the user clicked before.

    Args:
        pages: all pages of the log.
        item_ids: ids by row of the items table, str [I].
        by_query: whether the split is by query: then histories hold only clicks on training pages.
        config: length of the histories, weight of purchases.
    """
    if HISTORY not in pages.table:
        usable = (pages.table["split"] == "train").to_numpy() if by_query else np.ones(len(pages), bool)
        lists = click_histories(pages, usable, item_ids, config.history_length)
    else:
        lists = pages.table[HISTORY]
    chosen = np.flatnonzero(np.bincount(pages.page_of_impression, weights=pages.clicked == 1, minlength=len(pages)))
    history = history_rows(lists.iloc[chosen], item_ids, config.history_length)
    found = pages.take(chosen)
    clicks = np.flatnonzero(found.clicked == 1)
    weight = np.where(found.purchased[clicks] == 1, config.purchase_weight, 1.0).astype(np.float32)
    return Clicks(found, history, found.page_of_impression[clicks], found.item[clicks].astype(np.int64), weight)


def history_rows(lists: pd.Series, item_ids: np.ndarray, length: int) -> np.ndarray:
    """Rows plus 1 of lists of ids, int64 [P, H]; 0 pads and stands for unknown items."""
    out = np.zeros((len(lists), length), np.int64)
    cut = lists.str[:length]
    sizes = cut.str.len().fillna(0).to_numpy(np.int64)
    if sizes.sum():
        place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        ids = cut[sizes > 0].explode().to_numpy(object)
        out[np.repeat(np.arange(len(lists)), sizes), place] = rows_of(item_ids, ids)
    return out


def frequent(values: np.ndarray, least: int) -> list[str]:
    """Values that occur at least so often, sorted; ``""`` is none."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    return [str(name) for name in names[(counts >= least) & (names != "")]]
