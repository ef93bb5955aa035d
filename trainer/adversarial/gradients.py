"""Losses and their gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from trainer.training.step import RankerTraining


@dataclass(frozen=True)
class Gradients:
    """A loss and its gradients.

    Attributes:
        parts: of the loss, weighted, by name.
        weights: of the scaled loss, by variable; None where the loss does not depend on it.
        watched: of the scaled loss, in the structure of what was watched.
    """

    parts: dict[str, Any]
    weights: list[Any]
    watched: Any

    @property
    def loss(self):
        """The sum of the parts, not scaled."""
        return sum(self.parts.values())


def differentiate(
    model: "RankerTraining", parts: Callable[[], dict[str, Any]], weights: bool = True, watched: Any = None
) -> Gradients:
    """Differentiate a loss, scaled as the optimizer wants it.

    Args:
        model: the training model.
        parts: gives the parts of the loss.
        weights: whether to differentiate by the trainable variables; without it the pass is cheaper.
        watched: tensors to differentiate by, in any structure.
    """
    variables = list(model.ranker.trainable_variables) if weights else []
    with tf.GradientTape(watch_accessed_variables=weights) as tape:
        tape.watch(watched if watched is not None else [])
        found = parts()
        scaled = model.scale(sum(found.values()))
    by_weight, by_watched = tape.gradient(scaled, [variables, watched if watched is not None else []])
    # Gradients of embedding tables come as slices, in whose norm a token that occurs twice would be counted apart.
    by_weight = [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in by_weight]
    if watched is not None:
        by_watched = tf.nest.map_structure(
            lambda tensor, gradient: tf.zeros_like(tensor) if gradient is None else gradient, watched, by_watched
        )
    return Gradients(found, by_weight, by_watched)


def add_scaled(first: list[Any], second: list[Any], weight: float) -> list[Any]:
    """``first + weight * second``.

    Where ``first`` is None it stays so: a variable that the plain loss does not depend on is not learned.
    """

    def one(a, b):
        return a if a is None or b is None else a + weight * b

    return [one(a, b) for a, b in zip(first, second, strict=True)]
