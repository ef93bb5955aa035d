"""Candidates of a page and where they come from."""

from typing import NamedTuple

import tensorflow as tf


class Candidates(NamedTuple):
    """Items that a channel proposes, best first.

    Attributes:
        rows: rows of the item table, int32 [P, C]; the row behind the last item pads.
        scores: float32 [P, C], comparable within a page; 0 for padding.
    """

    rows: tf.Tensor
    scores: tf.Tensor


def merged(rows: tf.Tensor, weights: tf.Tensor, padding: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Each row once, in the order of its first appearance, with the sums of its weights.

    Args:
        rows: int32 [P, S]
        weights: float32 [P, S, W]
        padding: the row that pads; it may appear often and counts for nothing.

    Returns:
        Rows int32 [P, S], what is left over padded behind, and sums float32 [P, S, W], 0 for padding.
    """
    pages, places = tf.shape(rows)[0], tf.shape(rows)[1]
    order = tf.argsort(rows, axis=1, stable=True)
    ordered = tf.gather(rows, order, batch_dims=1)
    first = tf.concat([tf.ones_like(ordered[:, :1], tf.bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    segment = tf.cumsum(tf.cast(first, tf.int32), axis=1) - 1 + tf.range(pages)[:, None] * places
    summed = tf.math.unsorted_segment_sum(
        tf.reshape(tf.gather(weights, order, batch_dims=1), [-1, weights.shape[-1]]),
        tf.reshape(segment, [-1]),
        pages * places,
    )
    summed = tf.reshape(summed, [pages, places, weights.shape[-1]])
    # The sum of an item stands where its segment is counted, and goes back to where the item came first.
    sums = tf.gather(tf.reshape(summed, [-1, weights.shape[-1]]), segment)
    sums = tf.where(first[:, :, None], sums, 0.0)
    kept = first & (ordered != padding)
    back = tf.argsort(tf.where(kept, order, places), axis=1, stable=True)
    placed = tf.gather(tf.where(kept, ordered, padding), back, batch_dims=1)
    return placed, tf.gather(tf.where(kept[:, :, None], sums, 0.0), back, batch_dims=1)


def best(candidates: Candidates, count: int, padding: int) -> Candidates:
    """The candidates of the highest scores, padding last.

    Args:
        candidates: [P, S]
        count: how many to keep, at most.
        padding: the row that pads.
    """
    there = candidates.rows != padding
    scores = tf.where(there, candidates.scores, -tf.float32.max)
    found, places = tf.math.top_k(scores, tf.minimum(count, tf.shape(scores)[1]))
    rows = tf.gather(candidates.rows, places, batch_dims=1)
    return Candidates(rows, tf.where(rows != padding, found, 0.0))


def within(rows: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Which rows are among others.

    Args:
        rows: int32 [P, S]
        others: int32 [P, E]

    Returns:
        bool [P, S]
    """
    return tf.reduce_any(rows[:, :, None] == others[:, None, :], axis=2)
