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
        rows: int32 [P, S], each item once, those that `fused` puts first before the others; the row behind the last item pads.
        channels: the sum of 2^c over the channels c that proposed the item, int32 [P, S]; 0 for padding.
        fused: the sum of 1 / (60 + rank) over them, float32 [P, S]; a channel that fills counts for its own items only, after
            all others.
    """

    rows: tf.Tensor
    channels: tf.Tensor
    fused: tf.Tensor


def union(
    proposed: Mapping[str, Candidates],
    numbers: Mapping[str, int],
    excluded: tf.Tensor,
    padding: int,
    fills: str | None = None,
) -> Union:
    """Join what channels propose.

    Args:
        proposed: by channel; where items are equal, those of the first channel come first.
        numbers: of the channels, below 24.
        excluded: rows that are left out, int32 [P, E].
        padding: the row that pads.
        fills: the channel that only fills what the others leave.
    """
    others = [tf.shape(found.rows)[1] for name, found in proposed.items() if name != fills]
    behind = tf.cast(tf.reduce_max([0, *others]), tf.float32)
    rows = tf.concat([found.rows for found in proposed.values()], axis=1)
    rows = tf.where(within(rows, excluded), padding, rows)
    weights = [
        tf.stack(
            [
                tf.fill(tf.shape(found.rows), float(2 ** numbers[name])),
                tf.broadcast_to(_reciprocal_ranks(found, behind), tf.shape(found.rows)) * float(name == fills),
                tf.broadcast_to(_reciprocal_ranks(found, 0.0), tf.shape(found.rows)) * float(name != fills),
            ],
            axis=2,
        )
        for name, found in proposed.items()
    ]
    rows, sums = merged(rows, tf.concat(weights, axis=1), padding)
    channels, filling, own = tf.unstack(sums, axis=2)
    # That a popular item is popular is no reason to prefer it: what others propose keeps their ranks.
    fused = tf.where(own > 0, own, filling)
    order = tf.argsort(fused, axis=1, direction="DESCENDING", stable=True)
    rows, channels, fused = (tf.gather(values, order, batch_dims=1) for values in (rows, channels, fused))
    return Union(rows, tf.cast(channels, tf.int32), fused)


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


def _reciprocal_ranks(found: Candidates, behind: tf.Tensor | float) -> tf.Tensor:
    return 1.0 / (RANK_OFFSET + 1.0 + behind + tf.cast(tf.range(tf.shape(found.rows)[1]), tf.float32))[None, :]
