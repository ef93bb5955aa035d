"""What channels are asked."""

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Asked:
    """Some pages without their items.

    Attributes:
        query: normalised texts, string [P]; ``""`` where nothing was typed.
        query_vectors: unit vectors of the texts, float32 [P, D]; zeros where there is none.
        tower_vectors: of the query tower for query, user and history, float32 [P, W]; None without one.
        user_vectors: of the query tower for user and history alone, float32 [P, W]; None without one.
        history: rows of the items clicked before, the most recent first, int32 [P, H]; unknown ones as the padding row.
        category: string [P]; ``""`` for all.
    """

    query: tf.Tensor
    query_vectors: tf.Tensor
    tower_vectors: tf.Tensor | None
    user_vectors: tf.Tensor | None
    history: tf.Tensor
    category: tf.Tensor

    @property
    def has_query(self) -> tf.Tensor:
        """Whether anything was typed, bool [P]."""
        return self.query != ""
