"""A click rate with its intervals."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from trainer.metrics.bootstrap import intervals
from trainer.metrics.ratio import Ratio

Interval = tuple[float, float]
BOTH_SIDES = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A click rate per impression.

    Attributes:
        value: the rate, NaN where nothing counts.
        standard_error: over pages, by linearising the ratio; NaN where there are fewer than two pages.
        normal: the 95 % interval of that, cut to [0, 1]; None where it is not defined.
        bootstrap: the 95 % percentile interval over resampled pages, cut to [0, 1]; None without resamples.
    """

    value: float
    standard_error: float
    normal: Interval | None
    bootstrap: Interval | None

    @classmethod
    def of(cls, pages: Ratio, resamples: int, seed: int) -> "Estimate":
        """Estimate a ratio of sums over pages.

        Pages are drawn as a whole and are the unit of the standard error: clicks of one page depend on each other.

        Args:
            pages: sums by page, float64 [P].
            resamples: of the bootstrap; 0 for none.
            seed: of the resamples.
        """
        value, count = pages.value(), len(pages.denominator)
        error = float("nan")
        if count > 1:
            residual = pages.numerator - value * pages.denominator
            spread = np.sqrt(count / (count - 1) * (residual**2).sum())
            with np.errstate(invalid="ignore", divide="ignore"):
                error = float(spread / pages.denominator.sum())
        normal = None
        if np.isfinite(error):
            normal = _rates(value - BOTH_SIDES * error, value + BOTH_SIDES * error)
        drawn = intervals({"rate": pages}, np.arange(count), resamples, seed).get("rate")
        return cls(value, error, normal, None if drawn is None else _rates(*drawn))


def _rates(low: float, high: float) -> Interval:
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)
