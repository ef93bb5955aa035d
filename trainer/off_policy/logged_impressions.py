"""Impressions of a policy that chose by chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class LoggedImpressions:
    """R impressions on P pages of A items.

    Attributes:
        items: ids of the items that can be shown, str [A].
        item: the item of each impression, int64 [R], index into `items`.
        position: its place on the page, int64 [R], from 1.
        clicked: 0 or 1, float64 [R].
        propensity: chance that the logging policy showed this item at this place of this page, float64 [R] in (0, 1].
        requests: ids of the pages, str [P].
        page: the page of each impression, int64 [R], index into `requests`; each page has an impression.
        context: what else was known before the item was chosen, R rows; no column where nothing was. Numbers are
            float64 without NaN, the rest is text.
    """

    items: np.ndarray
    item: np.ndarray
    position: np.ndarray
    clicked: np.ndarray
    propensity: np.ndarray
    requests: np.ndarray
    page: np.ndarray
    context: pd.DataFrame

    def __len__(self) -> int:
        """R, how many impressions there are."""
        return len(self.item)

    @property
    def place(self) -> np.ndarray:
        """Item and position as one number, int64 [R], below `places`."""
        return self.position * len(self.items) + self.item

    @property
    def places(self) -> int:
        """How many numbers of item and position there are; those of position 0 are unused."""
        return (int(self.position.max(initial=0)) + 1) * len(self.items)

    def by_page(self, values: np.ndarray) -> np.ndarray:
        """Sums over the impressions of each page, float64 [P].

        Args:
            values: of the impressions, float64 [R].
        """
        return np.bincount(self.page, weights=values, minlength=len(self.requests))
