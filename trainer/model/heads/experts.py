"""What heads that mix experts share."""

from abc import abstractmethod
from typing import Any, ClassVar

import keras
from keras import ops

from trainer.model.heads.head import Head, climb


class ExpertsHead(Head):
    """Experts, gates that mix them for each task, and a tower a task above; a subclass says how they are joined.

    A gate is a softmax over experts, linear in its input. It starts even, so that every expert is learned from.
    """

    conversion: ClassVar[str] = "entire_space"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.towers = {task: self.tower(task) for task in self.tasks}

    def gate(self, name: str, experts: int) -> keras.layers.Layer:
        """A gate over so many experts."""
        return keras.layers.Dense(
            experts,
            activation="softmax",
            kernel_initializer="zeros",
            use_bias=False,
            dtype="float32",
            name=f"{name}_gate",
        )

    @abstractmethod
    def mix(self, x, training: bool | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Mix the experts.

        Args:
            x: float [P, N, F]
            training: whether to drop units.

        Returns:
            By task: what its tower reads, float [P, N, W]; and the weights of the experts in it, float32 [P, N, experts].
        """

    def build_towers(self, width: int) -> None:
        """Create the weights of the towers above experts of ``width``."""
        for task, layers in self.towers.items():
            self.outputs[task].build((None, self.build_tower(layers, width)))

    def call(self, x, training: bool | None = None):
        """Give outputs by task, float32 [P, N] each, for float [P, N, F]."""
        mixed, _ = self.mix(x, training)
        return {task: self.outputs[task](climb(self.towers[task], mixed[task], training))[..., 0] for task in mixed}

    def gates(self, x) -> dict[str, Any]:
        """How much each task takes of each expert, float32 [P, N, experts]."""
        return self.mix(x, False)[1]


def weighted_sum(weights, states: list[Any]):
    """The mean of expert states, weighted.

    Args:
        weights: float32 [P, N, experts]
        states: float [P, N, W] each.

    Returns:
        float [P, N, W]
    """
    stacked = ops.stack(states, axis=-2)
    return ops.sum(ops.cast(weights, stacked.dtype)[..., None] * stacked, axis=-2)
