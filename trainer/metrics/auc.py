"""Area under the ROC curve."""

import numpy as np

from trainer.metrics.ties import ascending, sum_by_tie


def auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The probability that a positive impression scores above a negative one; equal scores count half.

    Args:
        label: [M], 0 or 1.
        score: float [M]
        weight: float [M], 1 by default.

    Returns:
        The area, NaN where one class has no weight. Source: Hanley and McNeil, 1982.
    """
    weight = np.ones(len(label)) if weight is None else weight
    starts, _, label, weight = ascending(score, label, weight)
    if not len(starts):
        return float("nan")
    positive = weight * label
    positives = sum_by_tie(positive, starts)
    negatives = sum_by_tie(weight - positive, starts)
    below = np.cumsum(negatives) - negatives
    pairs = positives.sum() * negatives.sum()
    return float((positives * (below + 0.5 * negatives)).sum() / pairs) if pairs > 0 else float("nan")
