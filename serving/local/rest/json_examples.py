"""Classify and Regress in JSON: examples as objects of features, classes and values as arrays."""

from typing import Any

from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.local.rest.json_reading import (
    bytes_of,
    is_base64,
    parse_object,
    shown,
    signature_name,
    too_big,
    type_name,
)
from serving.local.rest.json_writing import array_text, body, decimal_texts, object_text, rows_text, string_text
from serving.local.status import RequestError, invalid_argument

_EXAMPLES, _CONTEXT, _RESULTS = "examples", "context", "results"
_KIND_NAMES = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


def fill_examples_request(
    json_body: bytes, request: classification_pb2.ClassificationRequest | regression_pb2.RegressionRequest
) -> None:
    """Fill a request from JSON.

    Args:
        json_body: the request's body.
        request: names the model; gets the signature's name and the examples.

    Raises:
        RequestError: INVALID_ARGUMENT, the JSON is not that of a request.
    """
    document = parse_object(json_body)
    if name := signature_name(document):
        request.model_spec.signature_name = name
    has_context = _CONTEXT in document
    if has_context:
        request.input.example_list_with_context.context.CopyFrom(_example(document[_CONTEXT]))
    if _EXAMPLES not in document:
        raise _malformed(document, f"When method is classify, key '{_EXAMPLES}' is expected and was not found")
    examples = document[_EXAMPLES]
    if not isinstance(examples, list):
        raise _malformed(document, f"Expecting '{_EXAMPLES}' value to be an list/array")
    if not examples:
        raise _malformed(document, f"'{_EXAMPLES}' value is an empty array")
    filled = request.input.example_list_with_context if has_context else request.input.example_list
    filled.examples.extend(_example(value) for value in examples)


def classification_json(result: classification_pb2.ClassificationResult) -> bytes:
    """Write the classes: a pair of label and score for each class, an array of them for each example.

    Raises:
        RequestError: INVALID_ARGUMENT, there is no example.
    """
    if not result.classifications:
        raise invalid_argument("Cannot convert empty ClassificationResults to JSON")
    rows = []
    for classification in result.classifications:
        scores = decimal_texts([each.score for each in classification.classes], 32)
        pairs = [
            array_text([string_text(each.label), score], 3, single_line=True)
            for each, score in zip(classification.classes, scores, strict=True)
        ]
        rows.append(array_text(pairs, 2, single_line=True))
    return body(object_text({_RESULTS: rows_text(rows, 1)}, 0))


def regression_json(result: regression_pb2.RegressionResult) -> bytes:
    """Write the values, one for each example.

    Raises:
        RequestError: INVALID_ARGUMENT, there is no example.
    """
    if not result.regressions:
        raise invalid_argument("Cannot convert empty RegressionResults to JSON")
    values = decimal_texts([each.value for each in result.regressions], 32)
    return body(object_text({_RESULTS: array_text(values, 1, single_line=True)}, 0))


def _example(value: Any) -> example_pb2.Example:
    if not isinstance(value, dict):
        raise invalid_argument(f"Example must be JSON object but got JSON {type_name(value)}")
    example = example_pb2.Example()
    for name, content in value.items():
        feature = feature_pb2.Feature()
        for element in content if isinstance(content, list) else [content]:
            _add_element(element, name, feature)
        example.features.feature[name].CopyFrom(feature)
    return example


def _add_element(value: Any, name: str, feature: feature_pb2.Feature) -> None:
    """Append to the feature; a whole number is an integer even where others have a point, as in TF Serving."""
    if value is None or isinstance(value, list) or (isinstance(value, dict) and not is_base64(value)):
        raise invalid_argument(f"Feature: {name} has element with unexpected JSON type: {type_name(value)}")
    if isinstance(value, str | dict):
        _list_of(feature, "bytes_list", name).append(bytes_of(value))
    elif isinstance(value, float) or (value not in _INT64 and value not in _UINT64):
        try:
            _list_of(feature, "float_list", name).append(value)
        except OverflowError:
            raise too_big() from None
    else:
        values = _list_of(feature, "int64_list", name)
        if value not in _INT64:
            raise invalid_argument(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
        values.append(int(value))


def _list_of(feature: feature_pb2.Feature, kind: str, name: str) -> Any:
    has = feature.WhichOneof("kind")
    if has not in (None, kind):
        raise invalid_argument(f"Unexpected element type in feature: {name} expecting type: {_KIND_NAMES[has]}")
    return getattr(feature, kind).value


def _malformed(document: dict[str, Any], reason: str) -> RequestError:
    return invalid_argument(f"JSON Value: {shown(document)} {reason}")
