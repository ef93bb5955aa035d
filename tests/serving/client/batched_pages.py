"""Joining of two requests into a batch, as TF Serving does it with ``pad_variable_length_inputs``.

The rule is that of tensorflow_serving/batching/batching_util.h: all dimensions but the first are filled up to the longest
with the first value of a request's own tensor.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

Arrays = dict[str, np.ndarray]
SECONDS = 30.0


class Batches:
    """Joins each two requests that come, the second behind the first.

    Args:
        call: what is run on both together.
    """

    def __init__(self, call: Callable[[Arrays], Arrays]) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._waiting: tuple[Arrays, Future[Arrays]] | None = None

    def __call__(self, inputs: Arrays) -> Arrays:
        """Wait for another request, or join the one that waits; the outputs of its own rows."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
            if waiting is None:
                answer: Future[Arrays] = Future()
                self._waiting = (inputs, answer)
        if waiting is None:
            return answer.result(SECONDS)
        first, answer = waiting
        rows = len(first["item_id"])
        outputs = self._call({name: _joined([first[name], inputs[name]]) for name in inputs})
        answer.set_result({name: values[:rows] for name, values in outputs.items()})
        return {name: values[rows:] for name, values in outputs.items()}


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    longest = np.max([array.shape[1:] for array in arrays], axis=0).astype(int)
    parts = []
    for array in arrays:
        part = np.full((len(array), *longest), array.flat[0], array.dtype)
        part[tuple(map(slice, array.shape))] = array
        parts.append(part)
    return np.concatenate(parts)
