"""Doubly robust, with the model alone where weights are large."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.off_policy.doubly_robust import DoublyRobust
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.modelled_clicks import ModelledClicks


class SwitchDoublyRobust(DoublyRobust):
    """Does not correct the model where a weight is above a threshold (Wang, Agarwal and Dudík, 2017).

    Biased by as much as the model is wrong there.
    """

    def __init__(self, modelled: ModelledClicks, threshold: float) -> None:
        """Keep the model's clicks and the threshold.

        Args:
            modelled: of the same impressions and target.
            threshold: the largest weight that still corrects the model.
        """
        super().__init__(modelled)
        self.threshold = threshold

    def terms(self, log: LoggedImpressions, weights: ImportanceWeights) -> Ratio:
        """As `DoublyRobust`, with no weight above the threshold."""
        kept = np.where(weights.raw <= self.threshold, weights.values, 0.0)
        return super().terms(log, ImportanceWeights(weights.raw, kept))
