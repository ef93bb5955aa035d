"""Logarithmic loss of probabilities."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page

SMALLEST = 1e-7


def log_loss(label: np.ndarray, probability: np.ndarray, offset: np.ndarray) -> Ratio:
    """Mean negative log-likelihood an impression, in nats.

    Args:
        label: [M], 0 or 1.
        probability: float [M], kept 1e-7 away from 0 and 1.
        offset: int64 [P + 1]

    Returns:
        Sum of losses and number of impressions by page.
    """
    p = np.clip(probability.astype(np.float64), SMALLEST, 1 - SMALLEST)
    loss = -np.where(label == 1, np.log(p), np.log1p(-p))
    return Ratio(sum_by_page(loss, offset), np.diff(offset).astype(np.float64))
