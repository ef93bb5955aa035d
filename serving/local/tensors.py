"""Tensors to and from `TensorProto`, as TF Serving reads and writes them."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

# Field of each type, and how many of its values make one element.
_VALUE_FIELDS: dict[int, tuple[str, int]] = {
    types_pb2.DT_FLOAT: ("float_val", 1),
    types_pb2.DT_DOUBLE: ("double_val", 1),
    types_pb2.DT_HALF: ("half_val", 1),
    types_pb2.DT_BFLOAT16: ("half_val", 1),
    types_pb2.DT_INT8: ("int_val", 1),
    types_pb2.DT_INT16: ("int_val", 1),
    types_pb2.DT_INT32: ("int_val", 1),
    types_pb2.DT_UINT8: ("int_val", 1),
    types_pb2.DT_UINT16: ("int_val", 1),
    types_pb2.DT_INT64: ("int64_val", 1),
    types_pb2.DT_UINT32: ("uint32_val", 1),
    types_pb2.DT_UINT64: ("uint64_val", 1),
    types_pb2.DT_BOOL: ("bool_val", 1),
    types_pb2.DT_STRING: ("string_val", 1),
    types_pb2.DT_COMPLEX64: ("scomplex_val", 2),
    types_pb2.DT_COMPLEX128: ("dcomplex_val", 2),
}
# NumPy type in which an element's bits are written, where that is not its own.
_WRITTEN_AS: dict[int, type[np.generic]] = {
    types_pb2.DT_HALF: np.uint16,
    types_pb2.DT_BFLOAT16: np.uint16,
    types_pb2.DT_COMPLEX64: np.float32,
    types_pb2.DT_COMPLEX128: np.float64,
}
_DTYPES: dict[int, np.dtype[Any]] = {number: np.dtype(tf.as_dtype(number).as_numpy_dtype) for number in _VALUE_FIELDS}
# Fields of 32 bits that hold narrower integers, whose lower bits count.
_CUT = ("int_val", "half_val")
# A few bytes can name a shape of any size, which would be filled with the last value given.
_MOST_ELEMENTS = 2**26
_MOST_FILLED = 2**16


def dtype_name(dtype: int) -> str:
    """Name a type by its number on the wire, as `DT_FLOAT`."""
    return types_pb2.DataType.Name(dtype) if dtype in types_pb2.DataType.values() else f"unknown type {dtype}"


def shape_of(proto: tensor_pb2.TensorProto) -> list[int]:
    """The sizes that a tensor is sent with."""
    return [dim.size for dim in proto.tensor_shape.dim]


def tensor_from_proto(proto: tensor_pb2.TensorProto, sizes: Sequence[int] | None = None) -> tf.Tensor:
    """Read a tensor in either form: `tensor_content` or typed values, of which the last one fills the rest.

    Args:
        proto: the tensor as sent.
        sizes: of its shape, where they have been read already.

    Returns:
        The tensor.

    Raises:
        ValueError: the values do not fit the shape, or the type has no tensors on the wire.
    """
    if proto.dtype not in _VALUE_FIELDS:
        raise ValueError(f"{dtype_name(proto.dtype)} cannot be sent")
    shape = shape_of(proto) if sizes is None else sizes
    if (shape and min(shape) < 0) or proto.tensor_shape.unknown_rank:
        raise ValueError(f"shape {shape} is not that of a tensor")
    elements = math.prod(shape)
    # A size of zero hides the others, which are then beyond what an array can have.
    if max(elements, *shape, 0) > _MOST_ELEMENTS:
        raise ValueError(f"shape {shape} has more than {_MOST_ELEMENTS} elements")
    field, values_per_element = _VALUE_FIELDS[proto.dtype]
    values = getattr(proto, field)
    given = len(values) / values_per_element
    if given > elements:
        raise ValueError(f"shape {shape} has {elements} elements, {field} has {given:g}")
    if not proto.tensor_content and elements - given > _MOST_FILLED:
        raise ValueError(
            f"shape {shape} has {elements} elements, {field} has {given:g}: more than {_MOST_FILLED} to fill"
        )
    dtype = _DTYPES[proto.dtype]
    if elements and proto.tensor_content:
        array = _read_content(proto.tensor_content, dtype, elements)
        if array is None:
            # The values would say nothing to whoever reads the message.
            raise ValueError(
                f"{len(proto.tensor_content)} bytes of tensor_content do not make a tensor of "
                f"{dtype_name(proto.dtype)} and shape {shape}"
            )
    else:
        array = _read_values(values, proto.dtype, field in _CUT)
        if len(array) < elements:
            # As TensorFlow does: the last value for the rest, and nothing at all is zeros.
            fill = array[-1] if len(array) else (b"" if dtype == np.object_ else np.zeros((), dtype))
            array = np.concatenate([array, np.full(elements - len(array), fill, dtype)])
    return tf.constant(array.reshape(shape))


def _read_values(values: Sequence[Any], kind: int, cut: bool) -> np.ndarray:
    """The elements that typed values give."""
    written, dtype = _WRITTEN_AS.get(kind), _DTYPES[kind]
    if cut:
        return np.array(values, np.int32).astype(written or dtype).view(dtype)
    if written is None:
        return np.array(values, dtype)
    pairs = dtype.itemsize // np.dtype(written).itemsize
    return np.array(values, written)[: len(values) // pairs * pairs].view(dtype)


def _read_content(content: bytes, dtype: np.dtype[Any], elements: int) -> np.ndarray | None:
    """The elements that `tensor_content` holds; None if it holds another number of them."""
    if dtype == np.object_:
        return _read_strings(content, elements)
    return np.frombuffer(content, dtype) if len(content) == elements * dtype.itemsize else None


def _read_strings(content: bytes, elements: int) -> np.ndarray | None:
    """Strings as TensorFlow packs them: the lengths, varints of 32 bits, and behind them the bytes of all."""
    if elements > len(content):
        return None
    ends, place, end = [0], 0, 0
    for _ in range(elements):
        length = shift = 0
        while True:
            if place >= len(content) or shift > 28:
                return None
            byte = content[place]
            place, length, shift = place + 1, length | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                break
        end += length
        ends.append(end)
    if place + end != len(content):
        return None
    texts = np.empty(elements, np.object_)
    texts[:] = [content[place + a : place + b] for a, b in itertools.pairwise(ends)]
    return texts


def tensor_to_proto(tensor: tf.Tensor) -> tensor_pb2.TensorProto:
    """Write a tensor as `write_tensor` does, into a message of its own."""
    proto = tensor_pb2.TensorProto()
    write_tensor(tensor, proto)
    return proto


def write_tensor(tensor: tf.Tensor, proto: tensor_pb2.TensorProto) -> None:
    """Write a tensor with typed values (`float_val`, `string_val`, ...), the form of TF Serving's answers.

    Args:
        tensor: a tensor of a type that can travel.
        proto: an empty message; it gets every element written out.

    Raises:
        TypeError: the type has no form on the wire.
    """
    dtype = tensor.dtype.as_datatype_enum
    if dtype not in _VALUE_FIELDS:
        raise TypeError(f"{dtype_name(dtype)} cannot be sent")
    # Read from the array: a TensorShape takes longer than the values.
    array = np.asarray(tensor.numpy(), np.object_ if dtype == types_pb2.DT_STRING else None)
    proto.dtype = dtype
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    flat = np.ravel(array)
    if dtype in _WRITTEN_AS:
        flat = flat.view(_WRITTEN_AS[dtype])
    getattr(proto, _VALUE_FIELDS[dtype][0]).extend(flat.tolist())
