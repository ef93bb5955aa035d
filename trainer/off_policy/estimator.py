"""What all estimators share."""

from abc import ABC, abstractmethod

from trainer.metrics.ratio import Ratio
from trainer.off_policy.estimate import Estimate
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.logged_impressions import LoggedImpressions


class Estimator(ABC):
    """A ratio of two sums over impressions."""

    @abstractmethod
    def terms(self, log: LoggedImpressions, weights: ImportanceWeights) -> Ratio:
        """What each impression adds to the sums.

        Args:
            log: the impressions.
            weights: of the target policy over the logged one.

        Returns:
            Numerator and denominator, float64 [R] each.
        """

    def estimate(self, log: LoggedImpressions, weights: ImportanceWeights, resamples: int, seed: int) -> Estimate:
        """The target's click rate per impression.

        Args:
            log: the impressions.
            weights: of the target policy over the logged one.
            resamples: of the bootstrap over pages; 0 for none.
            seed: of the resamples.
        """
        terms = self.terms(log, weights)
        pages = Ratio(log.by_page(terms.numerator), log.by_page(terms.denominator))
        return Estimate.of(pages, resamples, seed)
