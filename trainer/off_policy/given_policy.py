"""Chances page by page, from a table."""

import numpy as np

from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import Spread, TargetPolicy

SUM_OFF = 1e-3
"""How far the chances of a place may be from 1: they were written with few digits."""


class GivenPolicy(TargetPolicy):
    """What a table says of each page: an item that it does not name is not shown."""

    def __init__(self, row: np.ndarray, item: np.ndarray, probability: np.ndarray, rows: int) -> None:
        """Keep the choices.

        Args:
            row: the impression in whose place a choice is made, int64 [S].
            item: the item, int64 [S].
            probability: its chance there, float64 [S].
            rows: R, how many impressions the log has.
        """
        order = np.argsort(row, kind="stable")
        self.row, self.item, self.probability = row[order], item[order], probability[order]
        sums = np.bincount(row, weights=probability, minlength=rows)
        self.complete = bool((np.abs(sums - 1) <= SUM_OFF).all())

    def shown(self, log: LoggedImpressions) -> np.ndarray:
        """The chance of the shown item, 0 where the table does not name it, float64 [R]."""
        own = log.item[self.row] == self.item
        return np.bincount(self.row[own], weights=self.probability[own], minlength=len(log))

    def spread(self, log: LoggedImpressions, rows: np.ndarray) -> Spread | None:
        """The choices in these places; None where those of some place of the log do not sum to 1."""
        if not self.complete:
            return None
        among = np.zeros(len(log), dtype=bool)
        among[rows] = True
        kept = among[self.row]
        return Spread(self.row[kept], self.item[kept], self.probability[kept])

    def unknown(self) -> str:
        """Why `spread` is None, for a note."""
        return "the target's chances don't sum to 1 in each place, so that what else it may show is not known"
