"""Mean absolute error of values."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page


def mae(label: np.ndarray, value: np.ndarray, offset: np.ndarray) -> Ratio:
    """The mean distance of a predicted value to the true one, over all impressions.

    Args:
        label: float [M]
        value: float [M]
        offset: int64 [P + 1], where the impressions of each page begin; pages may be empty.

    Returns:
        Sum of distances and number of impressions by page.
    """
    distance = np.abs(label.astype(np.float64) - value)
    return Ratio(sum_by_page(distance, offset), np.diff(offset).astype(np.float64))
