"""Diversity within lists."""

import numpy as np
from scipy import sparse

from trainer.metrics.listed import NOTHING
from trainer.metrics.ratio import Ratio


def intra_list_diversity(listed: np.ndarray, vectors: np.ndarray, k: int) -> Ratio:
    """Mean cosine distance, 1 - cosine, over all pairs of the first k of each list; lists of fewer than two are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        vectors: of the items, float [I, W], of any length; a vector of zeros has cosine 0 with every other.
        k: places that count.

    Returns:
        Mean distance and 1, by page. Source: Ziegler, McNee, Konstan and Lausen, Improving Recommendation Lists Through
        Topic Diversification, 2005.
    """
    listed = listed[:, :k]
    there = listed != NOTHING
    length = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float64)
    unit = np.divide(vectors, length, out=np.zeros(vectors.shape, np.float64), where=length > 0)
    page, item = np.nonzero(there)[0], listed[there]
    holds = sparse.csr_matrix((np.ones(len(item)), (page, item)), shape=(len(listed), len(vectors)))
    # The squared length of the sum is the sum of the cosines of all pairs, each twice, and of every item with itself.
    sums, own = holds @ unit, holds @ (length[:, 0] > 0).astype(np.float64)
    size = there.sum(axis=1).astype(np.float64)
    pairs, counts = size * (size - 1) / 2, size > 1
    cosines = ((sums**2).sum(axis=1) - own) / 2
    mean = np.divide(cosines, pairs, out=np.zeros(len(size)), where=counts)
    return Ratio(np.where(counts, 1 - mean, 0.0), counts.astype(np.float64))
