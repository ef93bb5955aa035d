"""Greedy maximum of a determinantal point process."""

from typing import Any

import tensorflow as tf

from trainer.lists.greedy import greedy_order
from trainer.lists.relevance import cosines, spread_scores, unit_vectors

# Share of an item's kernel that those above leave; below it float32 holds rounding errors only.
LEAST_RESIDUAL = 1e-5
COPY = -100.0


def dpp_order(
    scores: tf.Tensor,
    mask: tf.Tensor,
    vectors: tf.Tensor,
    weight: float,
    top: int,
    fixed: tf.Tensor | None = None,
) -> tf.Tensor:
    """Positions take, one after the other, the item that raises ``weight * scores + (1 - weight) * log det S`` most.

    The kernel is ``L = q S q`` with quality ``q = exp(score * weight / (2 * (1 - weight)))``, the score spread over 0 to 1
    within the page, and likeness ``S = (1 + cosine) / 2``. A row of the Cholesky factor is added a position, as in the fast
    greedy inference of Chen, Zhang and Zhou (2018): O(top * N * (top + W)). Items of which those above leave nothing, copies
    among them, follow when no others are left, by score.

    Args:
        scores: float32 [P, N], finite; items are ranked, best first.
        mask: bool [P, N], what is an item.
        vectors: float32 [P, N, W], of any length; a zero vector is like nothing.
        weight: of the scores, 0 to 1; 1 leaves the order as it is.
        top: positions to diversify; the others follow as they are.
        fixed: int32 [P], items at the head of each page that stay and count as taken, or None.

    Returns:
        Places of the items by position, int32 [P, N].
    """
    if weight >= 1.0:
        top = 0
    quality = spread_scores(scores, mask) * (weight / (1.0 - weight) if weight < 1.0 else 0.0)
    units = unit_vectors(vectors)
    width = tf.minimum(top, tf.shape(mask)[1])

    def keys(step: tf.Tensor, state: Any) -> tf.Tensor:
        residual = tf.maximum(state[0], LEAST_RESIDUAL)
        # In float64, because the last digit of a logarithm depends on the place in the tensor, thus on the padding.
        volume = tf.cast(tf.math.log(tf.cast(residual, tf.float64)), tf.float32)
        return tf.where(state[0] > LEAST_RESIDUAL, quality + volume, COPY)

    def update(step: tf.Tensor, pick: tf.Tensor, chosen: tf.Tensor, best: tf.Tensor, state: Any) -> list[tf.Tensor]:
        residual, factor = state
        row = tf.gather(factor, pick, batch_dims=1)
        rest = 0.5 + 0.5 * cosines(units, pick) - tf.reduce_sum(factor * row[:, None], axis=-1)
        pivot = tf.gather(residual, pick, batch_dims=1)[:, None]
        increment = tf.where(pivot > LEAST_RESIDUAL, rest / tf.sqrt(tf.maximum(pivot, LEAST_RESIDUAL)), 0.0)
        column = tf.one_hot(step, width)
        return [residual - increment * increment, factor + increment[..., None] * column]

    state = [tf.ones_like(scores), tf.zeros(tf.concat([tf.shape(mask), [width]], 0))]
    return greedy_order(mask, top, fixed, keys, update, state)[0]
