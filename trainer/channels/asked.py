"""What channels are asked."""

from dataclasses import dataclass

import tensorflow as tf

SPACES = r"[\s\v\x1c-\x1f\x{85}\pZ]+"
"""What Python's ``str.split`` takes for space, in RE2."""


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


def normalised(texts: tf.Tensor) -> tf.Tensor:
    """Texts in lower case with single spaces, as `trainer.data.splits.normalise_query` has them; string of the same shape."""
    return tf.strings.strip(tf.strings.regex_replace(tf.strings.lower(texts, encoding="utf-8"), SPACES, " "))
