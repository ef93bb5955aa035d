"""The union of channels: each item once, with the channels that it came by."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from trainer.channels.candidates import Candidates, merged, within

RANK_OFFSET = 60.0
"""Of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009)."""


class Union(NamedTuple):
    """Items of several channels.

    Attributes:
        rows: int32 [P, S], each item once; the row behind the last item pads, behind the others.
        channels: the sum of 2^c over the channels c that proposed the item, int32 [P, S]; 0 for padding.
        fused: the sum of 1 / (60 + rank) over them, float32 [P, S].
    """

    rows: tf.Tensor
    channels: tf.Tensor
    fused: tf.Tensor


def union(proposed: Mapping[str, Candidates], numbers: Mapping[str, int], excluded: tf.Tensor, padding: int) -> Union:
    """Join what channels propose.

    Args:
        proposed: by channel; their order is that of the result.
        numbers: of the channels, below 24.
        excluded: rows that are left out, int32 [P, E].
        padding: the row that pads.
    """
    rows = tf.concat([found.rows for found in proposed.values()], axis=1)
    rows = tf.where(within(rows, excluded), padding, rows)
    weights = [
        tf.stack(
            [
                tf.fill(tf.shape(found.rows), float(2 ** numbers[name])),
                tf.broadcast_to(_reciprocal_ranks(found), tf.shape(found.rows)),
            ],
            axis=2,
        )
        for name, found in proposed.items()
    ]
    rows, sums = merged(rows, tf.concat(weights, axis=1), padding)
    return Union(rows, tf.cast(sums[:, :, 0], tf.int32), sums[:, :, 1])


def with_pinned(pinned: Candidates, found: Union, padding: int) -> Union:
    """A union with pinned items in front, which keep the channels that they come by, if any.

    Args:
        pinned: [P, M]
        found: [P, S]
        padding: the row that pads.
    """
    none = tf.zeros([tf.shape(pinned.rows)[0], tf.shape(pinned.rows)[1], 2])
    weights = tf.stack([tf.cast(found.channels, tf.float32), found.fused], axis=2)
    rows, sums = merged(tf.concat([pinned.rows, found.rows], axis=1), tf.concat([none, weights], axis=1), padding)
    return Union(rows, tf.cast(sums[:, :, 0], tf.int32), sums[:, :, 1])


def channel_names(numbers: Mapping[str, int]) -> list[str]:
    """What each sum of 2^c stands for: the channels, joined by commas, [2 ** C]."""
    return [
        ",".join(name for name, number in numbers.items() if code >> number & 1) for code in range(2 ** len(numbers))
    ]


def _reciprocal_ranks(found: Candidates) -> tf.Tensor:
    return 1.0 / (RANK_OFFSET + 1.0 + tf.cast(tf.range(tf.shape(found.rows)[1]), tf.float32))[None, :]
