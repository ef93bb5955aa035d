"""Coverage of the catalogue."""

import numpy as np

from trainer.metrics.listed import NOTHING


def catalogue_coverage(listed: np.ndarray, items: int, k: int) -> float:
    """Share of all items that are among the first k of at least one list.

    It grows with the number of lists: compare it for the same pages only.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        items: I, how many there are.
        k: places that count.

    Returns:
        The share, NaN without items. Source: Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy, 2010.
    """
    if not items:
        return float("nan")
    return len(np.setdiff1d(listed[:, :k], NOTHING)) / items
