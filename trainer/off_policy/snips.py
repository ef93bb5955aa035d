"""Inverse propensity scores, normalised."""

from trainer.metrics.ratio import Ratio
from trainer.off_policy.estimator import Estimator
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.logged_impressions import LoggedImpressions


class SelfNormalised(Estimator):
    """Weighted clicks over the sum of the weights: a weighted mean of clicks (Swaminathan and Joachims, 2015).

    Biased by a little that vanishes as impressions are added; steadier than `InversePropensity` where weights vary.
    Always between 0 and 1.
    """

    def terms(self, log: LoggedImpressions, weights: ImportanceWeights) -> Ratio:
        """Weighted clicks over weights."""
        return Ratio(weights.values * log.clicked, weights.values)
