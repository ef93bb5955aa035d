"""How query and item text meet."""

import keras
from keras import ops


def unit(x):
    """Vectors of length 1; zero vectors stay zero.

    Args:
        x: float32 [..., D]
    """
    return x / ops.maximum(ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True)), 1e-9)


class BiInteraction(keras.layers.Layer):
    """Query and item encoded apart, compared by the product of their unit vectors (Reimers and Gurevych 2019)."""

    needs_pairs = False

    def call(self, query, items, pairs=None):
        """Compare.

        Args:
            query: float32 [P, D], unit vectors.
            items: float32 [P, N, D], unit vectors.
            pairs: not used.

        Returns:
            float [P, N, D]
        """
        return ops.cast(query[:, None, :] * items * query.shape[-1], self.compute_dtype)


class CrossInteraction(keras.layers.Layer):
    """Query and item in one sequence (Nogueira and Cho 2019), beside the comparison of `BiInteraction`."""

    needs_pairs = True

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.norm = keras.layers.LayerNormalization(dtype="float32")

    def build(self, query_shape, items_shape=None, pairs_shape=None) -> None:
        """Create the weights for vectors of ``query_shape[-1]`` numbers."""
        self.norm.build((None, query_shape[-1]))

    def call(self, query, items, pairs=None):
        """Compare.

        Args:
            query: float32 [P, D], unit vectors.
            items: float32 [P, N, D], unit vectors.
            pairs: float32 [P, N, D], the pooled states of the joined sequences.

        Returns:
            float [P, N, 2 D]
        """
        apart = query[:, None, :] * items * query.shape[-1]
        return ops.cast(ops.concatenate([apart, self.norm(pairs)], axis=-1), self.compute_dtype)


INTERACTIONS: dict[str, type[keras.layers.Layer]] = {"bi": BiInteraction, "cross": CrossInteraction}
