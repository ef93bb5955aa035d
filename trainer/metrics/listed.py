"""Where lists of items hold the relevant ones."""

import numpy as np

NOTHING = -1
"""Pads lists."""


def first_places(listed: np.ndarray) -> np.ndarray:
    """Places that hold an item which no place before holds.

    Args:
        listed: item rows, int [P, C], -1 pads.

    Returns:
        bool [P, C]; False where padded.
    """
    order = np.argsort(listed, axis=1, kind="stable")
    ordered = np.take_along_axis(listed, order, axis=1)
    first = ordered != NOTHING
    first[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    found = np.empty_like(first)
    np.put_along_axis(found, order, first, axis=1)
    return found


def relevant_places(listed: np.ndarray, item: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Places that hold a relevant item of their page for the first time.

    Args:
        listed: item rows, int [P, C], best first, -1 pads.
        item: the relevant items of each page, int [R].
        offset: int64 [P + 1]; those of page p are ``offset[p]:offset[p + 1]``.

    Returns:
        bool [P, C]
    """
    pages = np.arange(len(offset) - 1)
    items = int(max(listed.max(initial=0), item.max(initial=0))) + 1
    wanted = np.repeat(pages, np.diff(offset)) * items + item
    return first_places(listed) & np.isin(pages[:, None] * items + listed, wanted)
