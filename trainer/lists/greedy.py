"""Orders that are built position by position, for many pages at once."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Keys = Callable[[tf.Tensor, Any], tf.Tensor]
Update = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, Any], Any]


def greedy_order(
    mask: tf.Tensor, top: int, fixed: tf.Tensor | None, keys: Keys, update: Update, state: list[tf.Tensor]
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Fill the first positions one after the other, each with the best item left; the others follow as they are.

    Of equal keys the first item wins. Pages with fewer items than ``top`` take part until they have none left.

    Args:
        mask: bool [P, N], what is an item; items are ranked, best first.
        top: positions to fill; N where there are fewer items.
        fixed: int32 [P], items at the head of each page that stay where they are, or None.
        keys: from ``(step, state)`` to float32 [P, N], finite; ``step`` is the 0-based position.
        update: from ``(step, pick, chosen, best, state)`` to the next state: ``pick`` int32 [P] is the place of the item
            taken, ``chosen`` int32 [P, N] the position that each item has taken or -1, ``best`` float32 [P] the highest
            key that was left.
        state: what the loop carries; tensors with P in front.

    Returns:
        The order: places of the items by position, int32 [P, N], with what is no item last; and the last state.
    """
    size = tf.shape(mask)[1]
    places = tf.range(size)[None]

    def body(step: tf.Tensor, chosen: tf.Tensor, *carried: tf.Tensor) -> tuple[Any, ...]:
        left = mask & (chosen < 0)
        values = tf.where(left, keys(step, carried), -float("inf"))
        pick = tf.argmax(values, axis=1, output_type=tf.int32)
        if fixed is not None:
            pick = tf.where(step < fixed, step, pick)
        chosen = tf.where((places == pick[:, None]) & left, step, chosen)
        return (step + 1, chosen, *update(step, pick, chosen, tf.reduce_max(values, axis=1), carried))

    start = (tf.constant(0), tf.fill(tf.shape(mask), -1), *state)
    invariants = tuple(tf.TensorShape([None] * len(value.shape)) for value in start)
    steps = tf.minimum(top, size)
    ended = tf.while_loop(lambda step, *_: step < steps, body, start, shape_invariants=invariants)
    chosen = ended[1]
    rest = tf.where(mask, size + places, 2 * size + places)
    order = tf.argsort(tf.where(chosen < 0, rest, chosen), axis=1, stable=True)
    return order, list(ended[2:])
