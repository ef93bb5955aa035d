"""Values of JSON to and from one tensor."""

from typing import Any

import grpc
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.local.rest.json_reading import bytes_of, shown, too_big, type_name
from serving.local.rest.json_writing import base64_text, decimal_texts, string_text
from serving.local.status import RequestError, invalid_argument

# Outputs named so are written as base64.
_BYTES_SUFFIX = "_bytes"

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
# Field of each type that JSON can hold, the Python types of its values, and their range.
_FIELDS: dict[int, tuple[str, set[type], range | None]] = {
    types_pb2.DT_FLOAT: ("float_val", {int, float}, None),
    types_pb2.DT_DOUBLE: ("double_val", {int, float}, None),
    types_pb2.DT_INT32: ("int_val", {int}, _INT32),
    types_pb2.DT_INT16: ("int_val", {int}, _INT32),
    types_pb2.DT_INT8: ("int_val", {int}, _INT32),
    types_pb2.DT_UINT8: ("int_val", {int}, _INT32),
    types_pb2.DT_INT64: ("int64_val", {int}, _INT64),
    types_pb2.DT_UINT32: ("uint32_val", {int}, range(2**32)),
    types_pb2.DT_UINT64: ("uint64_val", {int}, range(2**64)),
    types_pb2.DT_BOOL: ("bool_val", {bool}, None),
    types_pb2.DT_STRING: ("string_val", {str, dict}, None),
}


def dense_shape(value: Any) -> list[int]:
    """Give the shape that the first elements suggest, to which `flat` holds the others."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def flat(value: Any, shape: list[int]) -> list[Any]:
    """Take the elements out of lists of lists.

    Args:
        value: the lists, or a scalar.
        shape: the sizes that they must have.

    Returns:
        The elements in order; an object (base64) is one.

    Raises:
        RequestError: INVALID_ARGUMENT, the lists have other sizes.
    """
    elements: list[Any] = []
    rank = len(shape)

    def take(part: Any, level: int) -> None:
        if not isinstance(part, list):
            if level != rank:
                raise invalid_argument(
                    f"JSON Value: {shown(part)} found at incorrect level: {level + 1} in the JSON DOM. "
                    f"Expected at level: {rank}"
                )
            elements.append(part)
            return
        if level >= rank:
            raise invalid_argument(f"Encountered list at unexpected level: {level} expected < {rank}")
        if len(part) != shape[level]:
            raise invalid_argument(
                f"Encountered list at unexpected size: {len(part)} at level: {level} expected size: {shape[level]}"
            )
        if level == rank - 1 and list not in set(map(type, part)):
            elements.extend(part)
        else:
            for inner in part:
                take(inner, level + 1)

    take(value, 0)
    return elements


def add_values(values: list[Any], dtype: int, tensor: tensor_pb2.TensorProto) -> None:
    """Append elements to a tensor's typed values.

    Args:
        values: of JSON.
        dtype: what the signature says, as a number on the wire.
        tensor: gets them.

    Raises:
        RequestError: INVALID_ARGUMENT for a value of another type, UNIMPLEMENTED for a type that JSON cannot hold.
    """
    if dtype not in _FIELDS:
        if not values:
            return
        raise RequestError(
            grpc.StatusCode.UNIMPLEMENTED, f"Conversion of JSON Value: {shown(values[0])} to type: {_dtype_text(dtype)}"
        )
    field, kinds, limits = _FIELDS[dtype]
    if not set(map(type, values)) <= kinds:
        raise _wrong_type(next(value for value in values if type(value) not in kinds), dtype)
    if limits is not None and values and (min(values) not in limits or max(values) not in limits):
        raise _wrong_type(next(value for value in values if value not in limits), dtype)
    if dtype == types_pb2.DT_STRING:
        values = [bytes_of(value) for value in values]
    try:
        getattr(tensor, field).extend(values)
    except OverflowError:
        raise too_big() from None


def element_texts(alias: str, tensor: tensor_pb2.TensorProto, depth: int) -> list[str]:
    """Write the elements of a tensor.

    Args:
        alias: its name; strings of names that end in `_bytes` become base64.
        tensor: with typed values.
        depth: containers around each element.

    Returns:
        A text each, in order.

    Raises:
        RequestError: INVALID_ARGUMENT, a type that JSON cannot hold.
    """
    dtype = tensor.dtype
    if dtype not in _FIELDS:
        raise invalid_argument(f"Failed to write JSON value for tensor type: {_dtype_text(dtype)}")
    values = getattr(tensor, _FIELDS[dtype][0])
    if dtype in (types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE):
        return decimal_texts(values, 32 if dtype == types_pb2.DT_FLOAT else 64)
    if dtype == types_pb2.DT_BOOL:
        return ["true" if value else "false" for value in values]
    if dtype != types_pb2.DT_STRING:
        return [str(value) for value in values]
    if alias.endswith(_BYTES_SUFFIX):
        return [base64_text(value, depth) for value in values]
    return [string_text(value) for value in values]


def _dtype_text(dtype: int) -> str:
    return types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()


def _wrong_type(value: Any, dtype: int) -> RequestError:
    return invalid_argument(
        f"JSON Value: {shown(value)} Type: {type_name(value)} is not of expected type: {_dtype_text(dtype)}"
    )
