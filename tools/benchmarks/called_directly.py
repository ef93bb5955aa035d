"""Ranks pages with a bundle's signature, in a process that holds nothing else.

``python -m tools.benchmarks.called_directly BUNDLE REQUESTS``
"""

import sys

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops

from tools.benchmarks.rounds import answer_rounds


def main(bundle: str, requests: str) -> None:
    """Answer rounds of calls; a call ends when its outputs are NumPy arrays.

    Args:
        bundle: a SavedModel folder.
        requests: a ``.npz`` of requests, ``<number>/<input>``.
    """
    model = tf.saved_model.load(bundle)
    rank = model.signatures["serving_default"]
    asked: dict[int, dict[str, tf.Tensor]] = {}
    with np.load(requests, allow_pickle=False) as arrays:
        for key in arrays.files:
            number, name = key.split("/", 1)
            asked.setdefault(int(number), {})[name] = as_tensor(arrays[key])
    answer_rounds(lambda number: [output.numpy() for output in rank(**asked[number % len(asked)]).values()])


def as_tensor(value: np.ndarray) -> tf.Tensor:
    """An input of a signature: texts as bytes, numbers as they are."""
    return tf.constant(np.char.encode(value, "utf-8").astype(object) if value.dtype.kind == "U" else value)


if __name__ == "__main__":
    main(*sys.argv[1:])
