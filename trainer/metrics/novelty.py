"""Novelty of lists."""

import numpy as np

from trainer.metrics.listed import NOTHING
from trainer.metrics.ratio import Ratio


def novelty(listed: np.ndarray, count: np.ndarray, k: int) -> Ratio:
    """Mean self-information in bits, -log2 of the item's share of all interactions, of the first k of each list.

    Each item counts one interaction more than it has, so that new items have a share too. Empty lists are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        count: interactions of the items in training, float [I].
        k: places that count.

    Returns:
        Mean and 1, by page. Source: Zhou et al., Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems,
        2010, with the share of interactions in place of users.
    """
    information = -np.log2((count + 1.0) / (count.sum() + len(count)))
    listed = listed[:, :k]
    there = listed != NOTHING
    size = there.sum(axis=1)
    total = np.where(there, information[np.where(there, listed, 0)], 0.0).sum(axis=1)
    return Ratio(total / np.maximum(size, 1), (size > 0).astype(np.float64))
