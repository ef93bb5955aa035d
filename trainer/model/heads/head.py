"""What all heads share."""

import math
from typing import Any, ClassVar

import keras

from trainer.config import ExpertsConfig


def log_odds(rate: float) -> float:
    """The logit of a rate, which is kept within one in a million of 0 and 1."""
    rate = min(max(float(rate), 1e-6), 1 - 1e-6)
    return math.log(rate / (1 - rate))


class Head(keras.layers.Layer):
    """Gives each task an output. The last layer of each tower starts at 0, its bias at the start of the task.

    A head's ``call(x, training)`` takes float [P, N, F] and gives float32 [P, N] outputs by task: logits, or the values of
    tasks that are no probability.

    Args:
        starts: what each task's output is before training, by task: the log odds of its base rate, or a value.
        hidden: widths of the hidden layers of a tower.
        dropout: share of units dropped in training.
        experts: settings of heads that mix experts.

    Attributes:
        conversion: how purchases are learned, a key of `trainer.losses.build.CONVERSIONS`.
    """

    conversion: ClassVar[str] = "clicks"

    def __init__(
        self,
        starts: dict[str, float],
        hidden: list[int],
        dropout: float = 0.0,
        experts: ExpertsConfig | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.starts = dict(starts)
        self.hidden = list(hidden)
        self.dropout = dropout
        self.expert_settings = experts or ExpertsConfig()
        self.outputs = {task: self.output_layer(task, start) for task, start in self.starts.items()}

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return list(self.starts)

    def output_layer(self, name: str, start: float) -> keras.layers.Layer:
        """The last layer of a tower, which gives ``start`` before training."""
        return keras.layers.Dense(
            1,
            kernel_initializer="zeros",
            bias_initializer=keras.initializers.Constant(start),
            dtype="float32",
            name=f"{name}_logit",
        )

    def tower(self, name: str, widths: list[int] | None = None) -> list[keras.layers.Layer]:
        """Hidden layers with dropout between them, by default of the widths ``hidden``."""
        layers: list[keras.layers.Layer] = []
        for index, width in enumerate(self.hidden if widths is None else widths):
            layers.append(keras.layers.Dense(width, activation="relu", dtype=self.dtype_policy, name=f"{name}_{index}"))
            layers.append(keras.layers.Dropout(self.dropout, dtype=self.dtype_policy, name=f"{name}_drop_{index}"))
        return layers

    def build_tower(self, layers: list[keras.layers.Layer], width: int) -> int:
        """Build the layers of a tower for inputs of ``width``; returns the width of its result."""
        for layer in layers:
            layer.build((None, width))
            width = getattr(layer, "units", width)
        return width

    def auxiliary(self, x, training: bool | None = None) -> dict[str, Any]:
        """Outputs that only the loss reads, by name: they are no tasks, and nothing of them is exported.

        Args:
            x: float [P, N, F]
            training: whether to drop units.
        """
        return {}

    @property
    def auxiliary_variables(self) -> list[Any]:
        """The variables that only `auxiliary` reads."""
        return []

    def gates(self, x) -> dict[str, Any]:
        """How much each task takes of each expert.

        Args:
            x: float [P, N, F]

        Returns:
            By task: float32 [P, N, experts], in the order of `gate_names`; empty for heads without experts.
        """
        return {}

    def gate_names(self, task: str) -> list[str]:
        """Names of the experts that a task mixes."""
        return []


def climb(layers: list[keras.layers.Layer], x, training: bool | None):
    """Pass ``x`` through the layers of a tower."""
    for layer in layers:
        x = layer(x, training=training) if isinstance(layer, keras.layers.Dropout) else layer(x)
    return x
