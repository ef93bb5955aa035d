"""A click model, corrected by inverse propensity."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.off_policy.estimator import Estimator
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.modelled_clicks import ModelledClicks


class DoublyRobust(Estimator):
    """Modelled clicks of the target, plus the weighted errors of the model (Dudík, Langford and Li, 2011).

    Unbiased without clipping where the propensities are right, whatever the model, which is fitted on other impressions
    than it is used on. The better the model, the smaller the variance.
    """

    def __init__(self, modelled: ModelledClicks) -> None:
        """Keep what the model says.

        Args:
            modelled: of the same impressions and target.
        """
        self.modelled = modelled

    def terms(self, log: LoggedImpressions, weights: ImportanceWeights) -> Ratio:
        """Modelled clicks and weighted errors over impressions."""
        error = log.clicked - self.modelled.shown
        return Ratio(self.modelled.target + weights.values * error, np.ones(len(log)))
