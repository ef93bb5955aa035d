"""Maximal marginal relevance."""

from typing import Any

import tensorflow as tf

from trainer.lists.greedy import greedy_order
from trainer.lists.relevance import cosines, spread_scores, unit_vectors


def mmr_order(
    scores: tf.Tensor,
    mask: tf.Tensor,
    vectors: tf.Tensor,
    weight: float,
    top: int,
    fixed: tf.Tensor | None = None,
) -> tf.Tensor:
    """Positions take, one after the other, the item with the best ``weight * score - (1 - weight) * likeness``.

    The score is spread over 0 to 1 within the page, the likeness is the cosine to the nearest item already taken
    (Carbonell and Goldstein 1998). The first position takes the best score. O(top * N * W).

    Args:
        scores: float32 [P, N], finite; items are ranked, best first.
        mask: bool [P, N], what is an item.
        vectors: float32 [P, N, W], of any length; a zero vector is like nothing.
        weight: of the scores, 0 to 1.
        top: positions to diversify; the others follow as they are.
        fixed: int32 [P], items at the head of each page that stay and count as taken, or None.

    Returns:
        Places of the items by position, int32 [P, N].
    """
    relevance = weight * spread_scores(scores, mask)
    units = unit_vectors(vectors)

    def keys(step: tf.Tensor, state: Any) -> tf.Tensor:
        return relevance - (1.0 - weight) * state[0]

    def update(step: tf.Tensor, pick: tf.Tensor, chosen: tf.Tensor, best: tf.Tensor, state: Any) -> list[tf.Tensor]:
        return [tf.maximum(state[0], cosines(units, pick))]

    nothing_near = -tf.ones_like(scores)
    return greedy_order(mask, top, fixed, keys, update, [nothing_near])[0]
