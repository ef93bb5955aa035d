"""Chances that stand beside the logged ones."""

import numpy as np

from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import TargetPolicy


class ColumnPolicy(TargetPolicy):
    """Known for what was shown, and for nothing else."""

    def __init__(self, probability: np.ndarray) -> None:
        """Keep the chances.

        Args:
            probability: of each impression under the target policy, float64 [R].
        """
        self.probability = probability

    def shown(self, log: LoggedImpressions) -> np.ndarray:
        """The chances, float64 [R]."""
        return self.probability

    def spread(self, log: LoggedImpressions, rows: np.ndarray) -> None:
        """Nothing is known of other items."""
        return None
