"""What all heads share."""

import math

import keras


class Head(keras.layers.Layer):
    """Gives each task a logit. The last layer of each tower starts at 0, its bias at the base rate of the task.

    A head's ``call(x, training)`` takes float [P, N, F] and gives float32 [P, N] logits by task.

    Args:
        rates: the base rate of each task in (0, 1), by task name.
        hidden: widths of the hidden layers.
        dropout: share of units dropped in training.

    Attributes:
        entire_space: whether purchases are learned through clicks on all impressions instead of on clicks alone.
    """

    entire_space = False

    def __init__(self, rates: dict[str, float], hidden: list[int], dropout: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rates = {task: min(max(float(rate), 1e-6), 1 - 1e-6) for task, rate in rates.items()}
        self.hidden = list(hidden)
        self.dropout = dropout
        self.outputs = {
            task: keras.layers.Dense(
                1,
                kernel_initializer="zeros",
                bias_initializer=keras.initializers.Constant(math.log(rate / (1 - rate))),
                dtype="float32",
                name=f"{task}_logit",
            )
            for task, rate in self.rates.items()
        }

    def tower(self, name: str) -> list[keras.layers.Layer]:
        """Hidden layers with dropout between them."""
        layers: list[keras.layers.Layer] = []
        for index, width in enumerate(self.hidden):
            layers.append(keras.layers.Dense(width, activation="relu", dtype=self.dtype_policy, name=f"{name}_{index}"))
            layers.append(keras.layers.Dropout(self.dropout, dtype=self.dtype_policy, name=f"{name}_drop_{index}"))
        return layers

    def build_tower(self, layers: list[keras.layers.Layer], width: int) -> int:
        """Build the layers of a tower for inputs of ``width``; returns the width of its result."""
        for layer in layers:
            layer.build((None, width))
            width = getattr(layer, "units", width)
        return width


def climb(layers: list[keras.layers.Layer], x, training: bool | None):
    """Pass ``x`` through the layers of a tower."""
    for layer in layers:
        x = layer(x, training=training) if isinstance(layer, keras.layers.Dropout) else layer(x)
    return x
