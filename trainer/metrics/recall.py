"""Recall of lists."""

import numpy as np

from trainer.metrics.listed import relevant_places
from trainer.metrics.ratio import Ratio


def recall(listed: np.ndarray, item: np.ndarray, offset: np.ndarray, k: int) -> Ratio:
    """Share of each page's relevant items that are among the first k of its list; pages without any are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads; an item that comes twice counts once.
        item: the relevant items of each page, each once, int [R].
        offset: int64 [P + 1]; those of page p are ``offset[p]:offset[p + 1]``.
        k: places that count.

    Returns:
        Share and 1, by page. Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, 8.3.
    """
    relevant = np.diff(offset)
    found = relevant_places(listed[:, :k], item, offset).sum(axis=1)
    counts = relevant > 0
    return Ratio(np.where(counts, found / np.maximum(relevant, 1), 0.0), counts.astype(np.float64))
