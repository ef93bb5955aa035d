"""How much more often the target shows what was shown."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ImportanceWeights:
    """Chance under the target policy over logged propensity.

    Attributes:
        raw: float64 [R].
        values: `raw`, none above the limit, float64 [R].
    """

    raw: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, shown: np.ndarray, propensity: np.ndarray, clip: float | None = None) -> "ImportanceWeights":
        """Divide, and cut what is above a limit.

        Clipping (Ionides, 2008) lowers the variance and biases an estimate downwards, by no more than `cut`.

        Args:
            shown: chance of each impression under the target policy, float64 [R].
            propensity: its logged one, float64 [R], above 0.
            clip: the largest weight; None for no limit.
        """
        raw = shown / propensity
        return cls(raw, raw if clip is None else np.minimum(raw, clip))

    @property
    def mean(self) -> float:
        """1 in expectation where the log may show all that the target shows and nothing is clipped."""
        return float(self.values.mean())

    @property
    def effective_sample_size(self) -> float:
        """Impressions of equal weight that would tell as much (Kish, 1965); 0 where all weights are 0."""
        return effective_size(self.values)

    @property
    def largest(self) -> float:
        """The largest weight."""
        return float(self.values.max())

    @property
    def clipped(self) -> int:
        """Impressions whose weight was cut."""
        return int((self.values < self.raw).sum())

    @property
    def cut(self) -> float:
        """Mean of what was cut off: the share of the target's impressions that no longer count."""
        return float((self.raw - self.values).mean())


def effective_size(weights: np.ndarray) -> float:
    """The square of the sum over the sum of squares; 0 where all weights are 0."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
