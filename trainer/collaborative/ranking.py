"""The best few of each group."""

import numpy as np


def ranked(group: np.ndarray, score: np.ndarray, tie: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Order groups by score and cut them.

    Args:
        group: int [n]
        score: float [n], higher is better.
        tie: int [n], the lower first where scores are equal.
        most: kept of each group.

    Returns:
        Indices of what is kept, by group, best first, int64 [m]; and the rank within the group from 1, int32 [m].
    """
    order = np.lexsort((tie, -score, group))
    owner = group[order]
    rank = np.arange(len(order)) - np.searchsorted(owner, owner, "left") + 1
    return order[rank <= most], rank[rank <= most].astype(np.int32)
