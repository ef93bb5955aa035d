"""Normalised discounted cumulative gain."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page, tie_places


def ndcg(gain: np.ndarray, score: np.ndarray, offset: np.ndarray, k: int) -> Ratio:
    """NDCG of each page cut at k, with linear gain.

    Pages whose gains are all equal (no click, one grade only) are left out: no order of theirs is better than another.

    Impressions of equal score get the mean discount of the places that they share, which is the expectation over all
    their orders.

    Args:
        gain: float [M], 0 or more.
        score: float [M]
        offset: int64 [P + 1]
        k: places that count.

    Returns:
        NDCG and 1, by page. Source: Järvelin and Kekäläinen, 2002; ties after McSherry and Najork, 2008.
    """
    gain = gain.astype(np.float64)
    reached, ideal = _dcg(gain, score, offset, k), _dcg(gain, gain, offset, k)
    counts = sum_by_page(np.abs(gain - _first(gain, offset)), offset) > 0
    value = np.divide(reached, ideal, out=np.zeros(len(ideal)), where=counts)
    return Ratio(value, counts.astype(np.float64))


def _first(gain: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The first gain of its page, for each impression."""
    return gain[np.repeat(offset[:-1], np.diff(offset))]


def _dcg(gain: np.ndarray, score: np.ndarray, offset: np.ndarray, k: int) -> np.ndarray:
    first, last = tie_places(score, offset)
    longest = int(np.diff(offset).max(initial=0))
    place = np.arange(longest)
    sums = np.concatenate([[0.0], np.cumsum(np.where(place < k, 1 / np.log2(place + 2), 0.0))])
    discount = (sums[last + 1] - sums[first]) / (last + 1 - first)
    return sum_by_page(gain * discount, offset)
