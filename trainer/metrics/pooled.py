"""Metrics over all impressions together."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PooledMetric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Pooled:
    """A metric of pooled impressions and what it is computed from, sorted by score.

    Attributes:
        metric: takes labels, scores and weights, each [M].
        label: float64 [M], 0 or 1.
        score: float64 [M], ascending.
        page: int64 [M], the page of each impression.
    """

    metric: PooledMetric
    label: np.ndarray
    score: np.ndarray
    page: np.ndarray

    @classmethod
    def of(cls, metric: PooledMetric, label: np.ndarray, score: np.ndarray, page: np.ndarray) -> "Pooled":
        """Sort impressions by score once, so that each weighing of the pages costs no sort.

        Args:
            metric: takes labels, scores and weights, each [M].
            label: [M], 0 or 1.
            score: float [M]
            page: int [M], the page of each impression.
        """
        order = np.argsort(score, kind="stable")
        return cls(metric, label[order].astype(np.float64), score[order].astype(np.float64), page[order])

    def value(self, weight: np.ndarray | None = None) -> float:
        """The metric.

        Args:
            weight: of each page, float [P]; 1 by default.

        Returns:
            The metric, NaN where it is not defined.
        """
        weights = np.ones(len(self.label)) if weight is None else weight[self.page]
        return self.metric(self.label, self.score, weights)
