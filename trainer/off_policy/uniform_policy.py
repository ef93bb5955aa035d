"""All items alike."""

import numpy as np

from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import Spread, TargetPolicy


class UniformPolicy(TargetPolicy):
    """Shows each item of the log with the same chance, whatever the place."""

    def shown(self, log: LoggedImpressions) -> np.ndarray:
        """1 / A for each impression, float64 [R]."""
        return np.full(len(log), 1 / len(log.items))

    def spread(self, log: LoggedImpressions, rows: np.ndarray) -> Spread:
        """All items in each place."""
        count = len(log.items)
        return Spread(
            np.repeat(rows, count), np.tile(np.arange(count), len(rows)), np.full(len(rows) * count, 1 / count)
        )
