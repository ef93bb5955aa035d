"""New items in lists."""

import numpy as np

from trainer.metrics.listed import NOTHING
from trainer.metrics.ratio import Ratio


def new_item_share(listed: np.ndarray, new: np.ndarray, k: int) -> Ratio:
    """Share of new items among the first k of each list; empty lists are left out.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        new: whether an item is new, for instance on no training page, bool [I].
        k: places that count.

    Returns:
        Share and 1, by page.
    """
    listed = listed[:, :k]
    there = listed != NOTHING
    size = there.sum(axis=1)
    found = (there & new[np.where(there, listed, 0)]).sum(axis=1)
    return Ratio(found / np.maximum(size, 1), (size > 0).astype(np.float64))
