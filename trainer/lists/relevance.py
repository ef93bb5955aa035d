"""What diversity trades off: scores within the page, and likeness of items."""

import tensorflow as tf


def spread_scores(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Scores moved and scaled so that the best item of a page has 1 and the worst 0; all 0 where they are equal.

    Args:
        scores: float32 [P, N], finite.
        mask: bool [P, N], what is an item.

    Returns:
        float32 [P, N], 0 where there is no item.
    """
    lowest = tf.reduce_min(tf.where(mask, scores, float("inf")), axis=1, keepdims=True)
    highest = tf.reduce_max(tf.where(mask, scores, -float("inf")), axis=1, keepdims=True)
    return tf.where(mask, tf.math.divide_no_nan(scores - lowest, highest - lowest), 0.0)


def unit_vectors(vectors: tf.Tensor) -> tf.Tensor:
    """Vectors of length 1 (float32 [P, N, W]); zero vectors stay zero and are like nothing."""
    # No rsqrt, as in l2_normalize: its last digit depends on the place in the tensor, thus on the padding.
    length = tf.sqrt(tf.reduce_sum(vectors * vectors, axis=-1, keepdims=True))
    return tf.math.divide_no_nan(vectors, length)


def cosines(vectors: tf.Tensor, pick: tf.Tensor) -> tf.Tensor:
    """Cosines of all items of a page to one of them.

    Args:
        vectors: unit vectors, float32 [P, N, W].
        pick: place of the one, int32 [P].

    Returns:
        float32 [P, N].
    """
    one = tf.gather(vectors, pick, batch_dims=1)
    # No matrix product: there the last digit of a row depends on how many rows there are.
    return tf.reduce_sum(vectors * one[:, None], axis=-1)
