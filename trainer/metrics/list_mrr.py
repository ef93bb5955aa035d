"""Mean reciprocal rank of lists out of the whole catalogue."""

import numpy as np

from trainer.metrics.listed import relevant_places
from trainer.metrics.ratio import Ratio


def list_mrr(listed: np.ndarray, item: np.ndarray, offset: np.ndarray, k: int) -> Ratio:
    """Reciprocal place of the first relevant item of each list, 0 beyond k; pages without any are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        item: the relevant items of each page, int [R].
        offset: int64 [P + 1]; those of page p are ``offset[p]:offset[p + 1]``.
        k: places that count.

    Returns:
        Reciprocal rank and 1, by page. Source: Voorhees, 1999.
    """
    found = relevant_places(listed[:, :k], item, offset)
    counts = (np.diff(offset) > 0).astype(np.float64)
    if not found.shape[1]:
        return Ratio(np.zeros(len(found)), counts)
    return Ratio(np.where(found.any(axis=1), 1 / (found.argmax(axis=1) + 1), 0.0) * counts, counts)
