"""The shares that another log gives to the items."""

import numpy as np

from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import Spread, TargetPolicy


class ItemSharePolicy(TargetPolicy):
    """Shows an item in a position as often as another log did.

    The mean over the time of that log: what it showed to whom and when is left out, as is that its shares are counts with
    an error of their own.
    """

    def __init__(self, shares: np.ndarray) -> None:
        """Keep the shares.

        Args:
            shares: by position (row 0 is unused) and item, float64 [positions + 1, A]; each used row sums to 1.
        """
        self.shares = shares

    @classmethod
    def of_counts(cls, position: np.ndarray, item: np.ndarray, items: int) -> "ItemSharePolicy":
        """Count the impressions of the other log.

        Args:
            position: of its impressions, int64, from 1.
            item: of its impressions, int64, below `items`.
            items: A, how many items there are.
        """
        depth = int(position.max()) + 1
        counts = np.bincount(position * items + item, minlength=depth * items).reshape(depth, items).astype(float)
        return cls(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))

    def shown(self, log: LoggedImpressions) -> np.ndarray:
        """The share of the shown item in its position, float64 [R]."""
        return self.shares[log.position, log.item]

    def spread(self, log: LoggedImpressions, rows: np.ndarray) -> Spread:
        """The items with a share in each place."""
        shares = self.shares[log.position[rows]]
        place, item = np.nonzero(shares)
        return Spread(rows[place], item, shares[place, item])
