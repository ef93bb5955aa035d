"""Weights of the tasks by their learned uncertainty."""

import math
from typing import Any

import keras
from keras import ops

RATE = 10.0
"""The log variances are this times the weights: they span several units, which the rate of the head would not reach."""


LOWEST = -6.0
"""No task counts more than exp(6) times: one whose labels never come would else be weighed up without end."""


class UncertaintyWeights(keras.layers.Layer):
    """Weighs the loss of each task by a learned variance (Kendall et al. 2018).

    With s the logarithm of the variance, the loss L of a task becomes ``exp(-s) * L + s / 2``, of a squared error
    ``exp(-s) / 2 * L + s / 2``. Each task starts at its fixed weight.

    Args:
        weights: the fixed weight of each task, above 0, by name.
        squared: names of the tasks whose loss is a squared error.
    """

    def __init__(self, weights: dict[str, float], squared: list[str], **kwargs) -> None:
        super().__init__(**kwargs, dtype="float32")
        self.tasks = list(weights)
        self.factors = [0.5 if task in squared else 1.0 for task in self.tasks]
        starts = [math.log(f / weights[task]) for task, f in zip(self.tasks, self.factors, strict=True)]
        self.lowest = min(LOWEST, *starts)
        scaled = [start / RATE for start in starts]
        self.scaled = self.add_weight(
            shape=(len(scaled),), initializer=lambda shape, dtype: ops.cast(scaled, dtype), name="log_variances"
        )
        self.built = True

    @property
    def log_variances(self) -> dict[str, Any]:
        """s by task, scalars."""
        values = ops.maximum(RATE * ops.convert_to_tensor(self.scaled), self.lowest)
        return {task: values[index] for index, task in enumerate(self.tasks)}

    def call(self, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Weigh the parts of the loss.

        Args:
            found: scalars by task and part.

        Returns:
            The weighted parts by name, and ``uncertainty``, the sum of s / 2 over the tasks.
        """
        values = self.log_variances
        parts = {
            name: factor * ops.exp(-values[task]) * value
            for task, factor in zip(self.tasks, self.factors, strict=True)
            for name, value in found[task].items()
        }
        return {**parts, "uncertainty": 0.5 * sum(values[task] for task in self.tasks)}
