"""Share of pairs in the right order."""

import numpy as np

from trainer.metrics.ratio import Ratio

PAIRS_AT_ONCE = 4_000_000


def pair_accuracy(grade: np.ndarray, score: np.ndarray, offset: np.ndarray, counted: np.ndarray | None = None) -> Ratio:
    """Pairs of different grade within a page whose better one scores higher; equal scores count half.

    Args:
        grade: float [M], higher is better.
        score: float [M]
        offset: int64 [P + 1]
        counted: bool [M], which impressions count as the better one of a pair; all by default.

    Returns:
        Pairs in the right order, and pairs, by page: the value is pooled over all pairs.
    """
    page = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    later = offset[1:][page] - np.arange(len(page)) - 1
    pairs_before = np.concatenate([[0], np.cumsum(later)])
    right, total = np.zeros(len(offset) - 1), np.zeros(len(offset) - 1)
    start = 0
    while start < len(page):
        bound = pairs_before[start] + PAIRS_AT_ONCE
        stop = max(start + 1, int(np.searchsorted(pairs_before, bound, "right")) - 1)
        one = np.repeat(np.arange(start, stop), later[start:stop])
        other = one + 1 + np.arange(len(one)) - (pairs_before[one] - pairs_before[start])
        graded = grade[one] != grade[other]
        if counted is not None:
            graded &= counted[np.where(grade[one] > grade[other], one, other)]
        one, other = one[graded], other[graded]
        won = np.where(score[one] == score[other], 0.5, (score[one] > score[other]) == (grade[one] > grade[other]))
        right += np.bincount(page[one], weights=won, minlength=len(right))
        total += np.bincount(page[one], minlength=len(right))
        start = stop
    return Ratio(right, total)
