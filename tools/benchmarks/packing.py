"""The time of packing a request: the client's own way against ``tf.make_tensor_proto``."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from shelfrank_client.tensors import FLOAT, STRING, pack

CANDIDATES, FLOATS, TEXTS = 100, 32, 3
REPEATS = 200


@dataclass(frozen=True)
class Packing:
    """Microseconds of packing one request, medians."""

    own: float
    tensorflow: float


@dataclass(frozen=True)
class Column:
    """One input of a request: flat values and their shape."""

    name: str
    values: list[Any]
    shape: tuple[int, ...]
    dtype: int


def candidates(seed: int = 1) -> list[Column]:
    """A page of 100 candidates: an id, 32 numbers and 3 texts each, as a frontend holds them (Python's own types)."""
    random = np.random.default_rng(seed)
    page = (1, CANDIDATES)
    numbers = random.normal(size=CANDIDATES * FLOATS).astype(np.float32).tolist()
    names = ["item_id", *(f"text_{n}" for n in range(TEXTS))]
    texts = [[f"{name} of item {n}" for n in range(CANDIDATES)] for name in names]
    return [
        Column("vector", numbers, (*page, FLOATS), FLOAT),
        *(Column(name, values, page, STRING) for name, values in zip(names, texts, strict=True)),
    ]


def own_tensor(column: Column) -> Any:
    """The TensorProto as the client makes it."""
    return pack(column.values, column.shape, column.dtype, column.name)


def tensorflow_tensor(column: Column) -> Any:
    """The TensorProto as TensorFlow makes it."""
    import tensorflow as tf

    return tf.make_tensor_proto(column.values, tf.as_dtype(column.dtype), column.shape)


def measure_packing(repeats: int = REPEATS) -> Packing:
    """Pack the same page both ways, in turns.

    Args:
        repeats: of each.
    """
    page = candidates()
    ways: tuple[Callable[[Column], Any], ...] = (own_tensor, tensorflow_tensor)
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(-repeats // 10, repeats):
        for way, found in zip(ways, times, strict=True):
            began = time.perf_counter()
            for column in page:
                way(column)
            if turn >= 0:
                found.append(time.perf_counter() - began)
    own, tensorflow = (statistics.median(found) * 1e6 for found in times)
    return Packing(own, tensorflow)
