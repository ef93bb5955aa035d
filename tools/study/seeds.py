"""What values of several seeds say together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Attributes:
        mean: over the seeds.
        low: lower end of the 95 % t-interval of the mean; None with one seed.
        high: its upper end.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    @property
    def clear_of_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of S values with the interval of Student's t with S - 1 degrees of freedom."""
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Estimate(mean)
    half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return Estimate(mean, mean - half, mean + half)
