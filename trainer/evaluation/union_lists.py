"""One list of several."""

from collections.abc import Mapping

import numpy as np

from trainer.errors import InputError
from trainer.metrics.listed import NOTHING, first_places


def union_lists(lists: Mapping[str, np.ndarray], quotas: Mapping[str, int], length: int) -> np.ndarray:
    """Lists of channels joined, in the order of the quotas.

    Each channel in its turn gives as many items as its quota says, its best ones that none before it gave. Places that are
    left are filled in the same order with what the channels have beyond their quotas.

    Args:
        lists: item rows by channel, int [P, C] each, best first, -1 pads.
        quotas: items by channel; their order is that of the union.
        length: C' of the union.

    Returns:
        Item rows, int64 [P, C'], -1 pads; no item twice.

    Raises:
        InputError: if a quota names no channel.
    """
    for name in quotas:
        if name not in lists:
            raise InputError(f"quotas: {name!r} is no channel; known: {', '.join(lists)}")
    given = [np.asarray(lists[name], np.int64) for name in quotas]
    most = [*quotas.values(), *(length for _ in quotas)]
    union = np.full((len(given[0]), 0), NOTHING, np.int64)
    for listed, quota in zip([*given, *given], most, strict=True):
        both = np.concatenate([union, listed], axis=1)
        fresh = first_places(both)[:, union.shape[1] :]
        fresh &= np.cumsum(fresh, axis=1) <= quota
        both[:, union.shape[1] :][~fresh] = NOTHING
        union = _to_the_left(both)[:, :length]
    return np.pad(union, ((0, 0), (0, length - union.shape[1])), constant_values=NOTHING)


def _to_the_left(listed: np.ndarray) -> np.ndarray:
    """Items in their order, pads after them."""
    return np.take_along_axis(listed, np.argsort(listed == NOTHING, axis=1, kind="stable"), axis=1)
