"""Hit rate of lists."""

import numpy as np

from trainer.metrics.listed import relevant_places
from trainer.metrics.ratio import Ratio


def hit_rate(listed: np.ndarray, item: np.ndarray, offset: np.ndarray, k: int) -> Ratio:
    """Whether a relevant item is among the first k of a page's list; pages without any relevant item are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        item: the relevant items of each page, int [R].
        offset: int64 [P + 1]; those of page p are ``offset[p]:offset[p + 1]``.
        k: places that count.

    Returns:
        1 or 0, and 1, by page. Source: Deshpande and Karypis, Item-Based Top-N Recommendation Algorithms, 2004.
    """
    found = relevant_places(listed[:, :k], item, offset).any(axis=1)
    counts = np.diff(offset) > 0
    return Ratio((found & counts).astype(np.float64), counts.astype(np.float64))
