"""Area under the precision-recall curve."""

import numpy as np

from trainer.metrics.ties import ascending, sum_by_tie


def pr_auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Average precision: the precision at each distinct score, weighted by the recall that it adds.

    Args:
        label: [M], 0 or 1.
        score: float [M]
        weight: float [M], 1 by default.

    Returns:
        The area by steps, without interpolation; NaN where one class has no weight. Source: Davis and Goadrich, 2006,
        on why interpolating between points is too kind.
    """
    weight = np.ones(len(label)) if weight is None else weight
    starts, _, label, weight = ascending(score, label, weight)
    if not len(starts):
        return float("nan")
    positives = sum_by_tie(weight * label, starts)[::-1]
    everything = sum_by_tie(weight, starts)[::-1]
    found, shown = np.cumsum(positives), np.cumsum(everything)
    if found[-1] <= 0 or found[-1] >= shown[-1]:
        return float("nan")
    precision = np.divide(found, shown, out=np.zeros(len(found)), where=shown > 0)
    return float((positives * precision).sum() / found[-1])
