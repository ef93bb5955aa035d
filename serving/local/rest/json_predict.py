"""Predict in JSON: tensors in row form (`instances`) or column form (`inputs`), and outputs in the same form.

A signature with one input takes its values without the name; one output is written without its name.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

from serving.local.rest.json_reading import is_base64, parse_object, shown, signature_name
from serving.local.rest.json_tensors import add_values, dense_shape, element_texts, flat
from serving.local.rest.json_writing import array_text, body, nested_text, object_text, rows_text
from serving.local.status import RequestError, invalid_argument

Infos = Mapping[str, meta_graph_pb2.TensorInfo]

ROWS, ROW_ANSWER = "instances", "predictions"
COLUMNS, COLUMN_ANSWER = "inputs", "outputs"


def fill_predict_request(
    json_body: bytes, request: predict_pb2.PredictRequest, signature: Callable[[], meta_graph_pb2.SignatureDef]
) -> bool:
    """Fill a request from JSON.

    Args:
        json_body: the request's body.
        request: names the model; gets the signature's name and the inputs.
        signature: looks up the signature, once the request names it.

    Returns:
        Whether the request came in row form, which is then that of the answer.

    Raises:
        RequestError: the JSON is not that of a request, or does not fit the signature.
    """
    document = parse_object(json_body)
    if name := signature_name(document):
        request.model_spec.signature_name = name
    infos = signature().inputs
    if not infos:
        raise invalid_argument(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    if ROWS in document and COLUMNS in document:
        raise _malformed(
            document, f"Not formatted correctly expecting only one of '{COLUMNS}' or '{ROWS}' keys to exist"
        )
    if ROWS in document:
        rows = document[ROWS]
        if not isinstance(rows, list):
            raise _malformed(document, f"Expecting '{ROWS}' to be an list/array")
        if not rows:
            raise _malformed(document, f"No values in '{ROWS}' array")
        _fill_rows(rows, infos, request.inputs)
        return True
    if COLUMNS in document:
        _fill_columns(document[COLUMNS], infos, request.inputs)
        return False
    raise invalid_argument(f"Missing '{COLUMNS}' or '{ROWS}' key")


def predict_json(outputs: Mapping[str, tensor_pb2.TensorProto], row_form: bool) -> bytes:
    """Write the outputs of a response.

    Args:
        outputs: by alias, with typed values.
        row_form: whether the first dimension is taken apart into rows.

    Returns:
        `{"predictions": [...]}` or `{"outputs": ...}`.

    Raises:
        RequestError: INVALID_ARGUMENT, a type that JSON cannot hold, or rows that differ in number.
    """
    if not outputs:
        raise invalid_argument("Cannot convert empty tensor map to JSON")
    named = {alias: outputs[alias] for alias in sorted(outputs)}
    if row_form:
        return body(object_text({ROW_ANSWER: _rows(named)}, 0))
    if len(named) == 1:
        ((alias, tensor),) = named.items()
        columns = _tensor_text(alias, tensor, 1)
    else:
        columns = object_text({alias: _tensor_text(alias, tensor, 2) for alias, tensor in named.items()}, 1)
    return body(object_text({COLUMN_ANSWER: columns}, 0))


def _fill_rows(rows: list[Any], infos: Infos, inputs: Any) -> None:
    """Read each row as one element of the first dimension; `inputs` is the map of the request."""
    if not isinstance(rows[0], dict) and len(infos) > 1:
        raise invalid_argument(
            f"{ROWS} is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    named = _is_named(rows[0])
    alone = min(infos)
    shapes: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        if named != _is_named(row):
            expected, got = ("object", "list") if named else ("value/list", "object")
            raise invalid_argument(f"Expecting {expected} but got {got} at item {number} of input list")
        for name, value in row.items() if named else ((alone, row),):
            try:
                _add_row(value, name, infos, shapes, inputs)
            except RequestError as error:
                key = f" key: {name}" if named else ""
                raise invalid_argument(
                    f"Failed to process element: {number}{key} of '{ROWS}' list. "
                    f"Error: {error.code.name}: {error.message}"
                ) from None
        if named and row.keys() != set(infos):
            raise invalid_argument(
                f"Failed to process element: {number} of '{ROWS}' list. JSON object: {shown(row)} "
                f"keys must be equal to: {','.join(sorted(infos))}"
            )
    for name, shape in shapes.items():
        inputs[name].dtype = infos[name].dtype
        for size in (len(rows), *shape):
            inputs[name].tensor_shape.dim.add(size=size)


def _add_row(value: Any, name: str, infos: Infos, shapes: dict[str, list[int]], inputs: Any) -> None:
    if name not in infos:
        raise invalid_argument(f"JSON object: does not have named input: {name}")
    shape = dense_shape(value)
    values = flat(value, shape)
    add_values(values, infos[name].dtype, inputs[name])
    first = shapes.setdefault(name, shape)
    if first != shape:
        if math.prod(first) != len(values):
            raise invalid_argument(f"Expecting tensor size: {math.prod(first)} but got: {len(values)}")
        raise invalid_argument(f"Expecting shape {_shape_text(first)} but got: {_shape_text(shape)}")


def _fill_columns(columns: Any, infos: Infos, inputs: Any) -> None:
    if not _is_named(columns):
        if len(infos) > 1:
            raise invalid_argument(
                f"{COLUMNS} is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        columns = {min(infos): columns}
    for name, info in sorted(infos.items()):
        if name not in columns:
            raise invalid_argument(f"Missing named input: {name} in '{COLUMNS}' object.")
        shape = dense_shape(columns[name])
        tensor = inputs[name]
        tensor.dtype = info.dtype
        # Marks the shape as given; a scalar has no sizes.
        tensor.tensor_shape.SetInParent()
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        add_values(flat(columns[name], shape), info.dtype, tensor)


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _rows(tensors: Mapping[str, tensor_pb2.TensorProto]) -> str:
    count = -1
    for alias, tensor in tensors.items():
        if not tensor.tensor_shape.dim:
            raise invalid_argument(f"Tensor name: {alias} has no shape information")
        rows = tensor.tensor_shape.dim[0].size
        if count not in (-1, rows):
            raise invalid_argument(f"Tensor name: {alias} has inconsistent batch size: {rows} expecting: {count}")
        count = rows
    if len(tensors) == 1:
        ((alias, tensor),) = tensors.items()
        return rows_text(_row_texts(alias, tensor, 2), 1)
    columns = {alias: _row_texts(alias, tensor, 3) for alias, tensor in tensors.items()}
    objects = [object_text(dict(zip(columns, row, strict=True)), 2) for row in zip(*columns.values(), strict=True)]
    return array_text(objects, 1, single_line=False)


def _row_texts(alias: str, tensor: tensor_pb2.TensorProto, depth: int) -> list[str]:
    rows, *shape = (dim.size for dim in tensor.tensor_shape.dim)
    elements = iter(element_texts(alias, tensor, depth + len(shape)))
    return [nested_text(elements, shape, depth, single_line=True) for _ in range(rows)]


def _tensor_text(alias: str, tensor: tensor_pb2.TensorProto, depth: int) -> str:
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    return nested_text(element_texts(alias, tensor, depth + len(shape)), shape, depth, single_line=False)


def _malformed(document: dict[str, Any], reason: str) -> RequestError:
    return invalid_argument(f"JSON Value: {shown(document)} {reason}")


def _shape_text(shape: list[int]) -> str:
    return f"[{','.join(map(str, shape))}]"
