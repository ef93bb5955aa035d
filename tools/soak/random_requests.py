"""Requests as no client should send them: random signatures, types, shapes, values and bytes."""

import random
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

_SIZES = (0, 1, 1, 2, 3, 7, 100)
_TYPES = tuple(value for value in types_pb2.DataType.values() if value < 100)


def random_requests(
    model: str, signatures: Mapping[str, meta_graph_pb2.SignatureDef], count: int, seed: int
) -> Iterator[bytes]:
    """Make serialised ``PredictRequest`` messages.

    A fifth are random bytes or messages cut and changed at random; the others are messages that can be read, whose inputs are
    right, missing, too many, of another type or shape, with too few or too many values, or of sizes that nobody has.

    Args:
        model: the name that most of them ask for.
        signatures: of the model; their inputs are asked for among others.
        count: how many.
        seed: of the choices.

    Yields:
        The bytes to send.
    """
    choose = random.Random(seed)
    names = sorted(signatures)
    for _ in range(count):
        request = _request(choose, model, names, signatures).SerializeToString()
        kind = choose.random()
        if kind < 0.07:
            yield choose.randbytes(choose.choice(_SIZES))
        elif kind < 0.2 and request:
            damaged = bytearray(request[: choose.randrange(1, len(request) + 1)])
            for _ in range(choose.choice((0, 1, 5))):
                damaged[choose.randrange(len(damaged))] = choose.randrange(256)
            yield bytes(damaged)
        else:
            yield request


def _request(
    choose: random.Random, model: str, names: Sequence[str], signatures: Mapping[str, meta_graph_pb2.SignatureDef]
) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model if choose.random() < 0.95 else _text(choose)
    signature = choose.choice(names)
    request.model_spec.signature_name = signature if choose.random() < 0.95 else _text(choose)
    if choose.random() < 0.1:
        request.model_spec.version.value = choose.choice((-1, 0, 1, 2**62))
    elif choose.random() < 0.05:
        request.model_spec.version_label = _text(choose)
    rows = choose.choice(_SIZES)
    for alias, info in signatures[signature].inputs.items():
        if choose.random() < 0.95:
            _fill(choose, request.inputs[alias], info, rows)
    if choose.random() < 0.05:
        request.inputs[_text(choose)].dtype = choose.choice(_TYPES)
    if choose.random() < 0.1:
        request.output_filter.append(choose.choice([*signatures[signature].outputs, _text(choose)]))
    return request


def _fill(choose: random.Random, proto: tensor_pb2.TensorProto, info: meta_graph_pb2.TensorInfo, rows: int) -> None:
    """Fill an input: most of them rightly, so that many requests come as far as the graph."""
    dtype = info.dtype if choose.random() < 0.9 else choose.choice(_TYPES)
    shape = [rows if place == 0 else dim.size for place, dim in enumerate(info.tensor_shape.dim)]
    shape = [choose.choice(_SIZES) if size < 0 else size for size in shape]
    if choose.random() < 0.1:
        shape = [choose.choice((*_SIZES, -1, 2**20, 2**40)) for _ in range(choose.choice((0, 1, 2, 3, 9)))]
    size = int(np.prod([max(0, s) for s in shape], dtype=float))
    if dtype == info.dtype and 0 < size < 10_000 and min(shape, default=1) >= 0 and choose.random() < 0.9:
        proto.CopyFrom(tf.make_tensor_proto(_values(choose, dtype, size), dtype, shape))
        return
    proto.dtype = dtype
    for dimension in shape:
        proto.tensor_shape.dim.add(size=dimension)
    proto.tensor_shape.unknown_rank = choose.random() < 0.05
    if choose.random() < 0.5:
        proto.tensor_content = choose.randbytes(choose.choice((0, 1, 4, 400)))
    for _ in range(choose.choice((0, 1, 2, 50))):
        proto.float_val.append(choose.choice((0.0, -1.0, float("nan"), float("inf"))))
        proto.string_val.append(choose.randbytes(choose.choice((0, 1, 30))))
        proto.int64_val.append(choose.choice((0, -1, 2**62)))


def _values(choose: random.Random, dtype: int, size: int) -> list[bytes] | np.ndarray:
    if dtype == types_pb2.DT_STRING:
        return [_text(choose).encode() for _ in range(size)]
    bits = np.random.default_rng(choose.randrange(2**32))
    return bits.normal(0, 10.0 ** bits.integers(-3, 30), size).astype(tf.as_dtype(dtype).as_numpy_dtype)


def _text(choose: random.Random) -> str:
    letters = ("a", "Z", " ", "\0", "ß", "漢", "\U0001f6d2", "%", "\n")
    return "".join(choose.choice(letters) for _ in range(choose.choice((0, 1, 5, 60))))
