"""Makes lists with a bundle's signatures, in a process that holds nothing else.

``python -m tools.benchmarks.listed_directly BUNDLE LISTS CALLS``
"""

import sys

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops

from tools.benchmarks.called_directly import as_tensor
from tools.benchmarks.rounds import answer_rounds


def main(bundle: str, lists: str, calls: str) -> None:
    """Answer rounds of calls; a call ends when its outputs are NumPy arrays.

    Args:
        bundle: a SavedModel folder.
        lists: a ``.npz`` of requests, ``<signature>/<number>/<input>``.
        calls: of each signature; calls from 0 are of the first signature, from this number on of the second.
    """
    model = tf.saved_model.load(bundle)
    asked: dict[str, dict[int, dict[str, tf.Tensor]]] = {}
    with np.load(lists, allow_pickle=False) as arrays:
        for key in arrays.files:
            kind, number, name = key.split("/", 2)
            asked.setdefault(kind, {}).setdefault(int(number), {})[name] = as_tensor(arrays[key])
    functions = [(model.signatures[kind], requests) for kind, requests in asked.items()]

    def call(number: int) -> object:
        place, row = divmod(number, int(calls))
        function, requests = functions[place]
        return [output.numpy() for output in function(**requests[row % len(requests)]).values()]

    answer_rounds(call)


if __name__ == "__main__":
    main(*sys.argv[1:])
