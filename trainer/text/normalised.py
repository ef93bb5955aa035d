"""Queries that count as the same, in the graph."""

import tensorflow as tf

SPACES = r"[\s\v\x1c-\x1f\x{85}\pZ]+"
"""What Python's ``str.split`` takes for space, in RE2."""


def normalised(texts: tf.Tensor) -> tf.Tensor:
    """Texts in lower case with single spaces, as `trainer.data.splits.normalise_query` has them; string of the same shape."""
    return tf.strings.strip(tf.strings.regex_replace(tf.strings.lower(texts, encoding="utf-8"), SPACES, " "))
