"""Tensors to and from their wire form, without NumPy."""

import math
import sys
from array import array
from collections.abc import Sequence
from typing import Any

from shelfrank_client import protocol
from shelfrank_client.errors import brief, invalid, unreadable

FLOAT, DOUBLE, INT32, STRING, INT64, BOOL = 1, 2, 3, 7, 9, 10
_ARRAY_CODE = {FLOAT: "f", DOUBLE: "d", INT32: "i", INT64: "q", BOOL: "b"}
_VALUES = {
    FLOAT: "float_val",
    DOUBLE: "double_val",
    INT32: "int_val",
    STRING: "string_val",
    INT64: "int64_val",
    BOOL: "bool_val",
}
NAMES = {FLOAT: "float32", DOUBLE: "float64", INT32: "int32", STRING: "string", INT64: "int64", BOOL: "bool"}
_ZERO: dict[int, Any] = {FLOAT: 0.0, DOUBLE: 0.0, INT32: 0, INT64: 0, STRING: b"", BOOL: False}
# What a model bundle reads as "not given".
MISSING: dict[int, Any] = _ZERO | {FLOAT: math.nan, DOUBLE: math.nan}


def pack(values: Sequence[Any], shape: Sequence[int], dtype: int, name: str, tensor: Any = None) -> Any:
    """Fill a TensorProto.

    Args:
        values: flat, in row-major order; text or bytes for strings.
        shape: of the tensor.
        dtype: TensorFlow's number of the type.
        name: of the input, for errors.
        tensor: an empty one, which is filled; a new one where not given.

    Returns:
        The TensorProto: numbers as ``tensor_content``, strings as ``string_val``.

    Raises:
        InvalidRequest: if a value does not fit the type, or the type is unknown here.
    """
    if dtype not in NAMES:
        raise invalid(f"{name}: the model wants type {dtype}, which this client can't send")
    tensor = protocol.TensorProto() if tensor is None else tensor
    tensor.dtype = dtype
    dimensions = tensor.tensor_shape.dim
    for size in shape:
        dimensions.add().size = size
    try:
        if dtype == STRING:
            tensor.string_val.extend([v if isinstance(v, bytes) else v.encode() for v in values])
        else:
            packed = array(_ARRAY_CODE[dtype], values)
            # A sum that is finite has no infinity in it, and is quicker had than a look at each value.
            if dtype in (FLOAT, DOUBLE) and not math.isfinite(sum(packed)) and any(map(math.isinf, packed)):
                raise OverflowError
            if sys.byteorder == "big":
                packed.byteswap()
            tensor.tensor_content = packed.tobytes()
    except (TypeError, AttributeError, OverflowError, UnicodeEncodeError):
        wrong = next((v for v in values if not _fits(v, dtype)), None)
        raise invalid(f"{name}: expected {NAMES[dtype]}, found {brief(wrong)}") from None
    return tensor


def _fits(value: Any, dtype: int) -> bool:
    """Whether `pack` takes the value: the slow way round, for naming the one that it does not take."""
    try:
        if dtype == STRING:
            return isinstance(value, bytes) or bool(str.encode(value)) or value == ""
        packed = array(_ARRAY_CODE[dtype], [value])
    except (TypeError, OverflowError, UnicodeEncodeError):
        return False
    return not math.isinf(packed[0])


def unpack(tensor: Any) -> tuple[list[Any], list[int]]:
    """Read a TensorProto in either of its forms.

    Args:
        tensor: with ``tensor_content`` or with ``*_val``, where the last value stands for all left out, and 0 or ``""``
            where there is none (tensor.proto of TensorFlow).

    Returns:
        The values, flat (strings as bytes), and the shape.

    Raises:
        ServerError: if the values do not fit the shape, or the type is unknown here.
    """
    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    size = 1
    for length in shape:
        size *= length
    if tensor.dtype not in _VALUES:
        raise unreadable(f"the server answered with a tensor of type {tensor.dtype}, which is unknown here")
    if tensor.tensor_content:
        packed = array(_ARRAY_CODE.get(tensor.dtype, "b"))
        content = tensor.tensor_content
        if tensor.dtype == STRING or len(content) != size * packed.itemsize:
            raise unreadable(f"the server answered with {len(content)} bytes for a tensor of shape {shape}")
        packed.frombytes(content)
        if sys.byteorder == "big":
            packed.byteswap()
        values: list[Any] = packed.tolist()
    else:
        values = list(getattr(tensor, _VALUES[tensor.dtype]))
        if len(values) < size:
            values += [values[-1] if values else _ZERO[tensor.dtype]] * (size - len(values))
    if len(values) != size:
        raise unreadable(f"the server answered with {len(values)} values for a tensor of shape {shape}")
    return values, shape
