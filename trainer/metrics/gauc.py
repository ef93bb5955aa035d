"""AUC within pages."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page, tie_places


def gauc(label: np.ndarray, score: np.ndarray, offset: np.ndarray) -> Ratio:
    """AUC of each page, weighted by its impressions; pages with one class only are left out.

    Args:
        label: [M], 0 or 1.
        score: float [M]; equal scores count half.
        offset: int64 [P + 1]

    Returns:
        AUC times impressions, and impressions, by page. Source: Zhu et al., Optimized Cost per Click in Taobao Display
        Advertising, 2017.
    """
    size = np.diff(offset).astype(np.float64)
    first, last = tie_places(score, offset)
    positive = label == 1
    positives = sum_by_page(positive, offset)
    negatives = size - positives
    rank = np.repeat(size, np.diff(offset)) - (first + last) / 2
    won = sum_by_page(np.where(positive, rank, 0.0), offset) - positives * (positives + 1) / 2
    both = (positives > 0) & (negatives > 0)
    area = np.divide(won, positives * negatives, out=np.zeros(len(size)), where=both)
    return Ratio(area * size, np.where(both, size, 0.0))
