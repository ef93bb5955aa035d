"""Metrics that are a ratio of sums over pages."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ratio:
    """Sums of a metric by page, from which the metric of any weighing of the pages follows.

    Attributes:
        numerator: float64 [P], 0 on pages that are left out.
        denominator: float64 [P], 0 on pages that are left out.
    """

    numerator: np.ndarray
    denominator: np.ndarray

    def value(self, weight: np.ndarray | None = None) -> float:
        """The metric.

        Args:
            weight: of each page, float [P]; 1 by default.

        Returns:
            The metric, NaN where no page counts.
        """
        if weight is None:
            weight = np.ones(len(self.denominator))
        # Not a dot product: BLAS would wake its threads for each, which costs more than the sums.
        total = float((weight * self.denominator).sum())
        return float((weight * self.numerator).sum()) / total if total > 0 else float("nan")
