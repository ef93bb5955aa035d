"""Tensors to and from `TensorProto`, as TF Serving reads and writes them."""

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
_WRITTEN_AS = {
    types_pb2.DT_HALF: np.uint16,
    types_pb2.DT_BFLOAT16: np.uint16,
    types_pb2.DT_COMPLEX64: np.float32,
    types_pb2.DT_COMPLEX128: np.float64,
}
# Types that NumPy reads as they are written, in either form; the others are left to TensorFlow.
_READ_AS: dict[int, type[np.generic]] = {
    types_pb2.DT_FLOAT: np.float32,
    types_pb2.DT_DOUBLE: np.float64,
    types_pb2.DT_INT32: np.int32,
    types_pb2.DT_INT64: np.int64,
    types_pb2.DT_UINT32: np.uint32,
    types_pb2.DT_UINT64: np.uint64,
    types_pb2.DT_BOOL: np.bool_,
    types_pb2.DT_STRING: np.object_,
}
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
    if elements > _MOST_ELEMENTS:
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
    array = _array_of(proto, values, elements)
    if array is not None:
        return tf.constant(array.reshape(shape))
    try:
        return tf.io.parse_tensor(proto.SerializeToString(), tf.as_dtype(proto.dtype))
    except tf.errors.InvalidArgumentError:
        # TensorFlow's own message repeats the whole tensor.
        raise ValueError(
            f"{len(proto.tensor_content)} bytes of tensor_content do not make a tensor of "
            f"{dtype_name(proto.dtype)} and shape {shape}"
        ) from None


def _array_of(proto: tensor_pb2.TensorProto, values: Sequence[Any], elements: int) -> np.ndarray | None:
    """The elements of a tensor that is written in full, which takes NumPy a third of TensorFlow's time; None for others."""
    kind = _READ_AS.get(proto.dtype)
    if kind is None or not elements:
        return None
    if not proto.tensor_content:
        return np.array(values, kind) if len(values) == elements else None
    if kind is np.object_ or len(proto.tensor_content) != elements * np.dtype(kind).itemsize:
        return None
    return np.frombuffer(proto.tensor_content, kind)


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
