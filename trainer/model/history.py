"""Attention of a candidate over the items that the user clicked before."""

import keras
from keras import ops


class HistoryAttention(keras.layers.Layer):
    """Dot-product attention with the candidate as the query (Zhou et al. 2018, with a softmax).

    A learned null item takes the attention where nothing in the history fits, or where there is none.

    Args:
        width: of the projections and of the result.
    """

    def __init__(self, width: int = 32, **kwargs) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.ask = keras.layers.Dense(width, use_bias=False, dtype=self.dtype_policy)
        self.key = keras.layers.Dense(width, use_bias=False, dtype=self.dtype_policy)
        self.value = keras.layers.Dense(width, use_bias=False, dtype=self.dtype_policy)

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        for layer in (self.ask, self.key, self.value):
            layer.build((None, input_shape[-1]))
        self.null_score = self.add_weight(shape=(1,), initializer="zeros", name="null_score")
        self.null_value = self.add_weight(shape=(self.width,), initializer="zeros", name="null_value")

    def call(self, candidates, history, mask):
        """Attend.

        Args:
            candidates: float [P, N, D]
            history: float [P, H, D]
            mask: bool [P, H], false where there is no item.

        Returns:
            float [P, N, width]
        """
        keys, values = self.key(history), self.value(history)
        scores = ops.matmul(self.ask(candidates), ops.transpose(keys, (0, 2, 1))) / ops.sqrt(
            ops.cast(self.width, keys.dtype)
        )
        scores = ops.where(mask[:, None, :], scores, ops.cast(-1e4, scores.dtype))
        null = ops.broadcast_to(ops.cast(self.null_score, scores.dtype), (*ops.shape(scores)[:2], 1))
        weights = ops.softmax(ops.concatenate([scores, null], axis=-1), axis=-1)
        return ops.matmul(weights[..., :-1], values) + weights[..., -1:] * ops.cast(self.null_value, values.dtype)
