"""Two orders in one: that by score, and that in which the candidates come."""

import tensorflow as tf

OFFSET = 20.0
"""Added to ranks: the higher, the less the first places stand out."""


def fused_with_places(scores: tf.Tensor, mask: tf.Tensor, weight: float) -> tf.Tensor:
    """Scores by which items are ranked according to both orders.

    Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): ``1 / (20 + rank by score) + weight / (20 + place)``. Of equal
    scores the first candidate has the better rank.

    Args:
        scores: float32 [P, N].
        mask: bool [P, N], what is an item.
        weight: of the places.

    Returns:
        float32 [P, N]
    """
    order = tf.argsort(tf.where(mask, scores, -float("inf")), axis=1, direction="DESCENDING", stable=True)
    ranks = tf.cast(tf.argsort(order, axis=1, stable=True), tf.float32)
    places = tf.cumsum(tf.cast(mask, tf.float32), axis=1, exclusive=True)
    return 1.0 / (OFFSET + 1.0 + ranks) + weight / (OFFSET + 1.0 + places)
