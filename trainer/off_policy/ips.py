"""Inverse propensity scores."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.off_policy.estimator import Estimator
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.logged_impressions import LoggedImpressions


class InversePropensity(Estimator):
    """Mean of weight * click: unbiased without clipping (Horvitz and Thompson, 1952)."""

    def terms(self, log: LoggedImpressions, weights: ImportanceWeights) -> Ratio:
        """Weighted clicks over impressions."""
        return Ratio(weights.values * log.clicked, np.ones(len(log)))
