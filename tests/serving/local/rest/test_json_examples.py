"""Classify and Regress in JSON: the cases of TF Serving's json_tensor_test.cc."""

import math

import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.local.rest.json_examples import classification_json, fill_examples_request, regression_json
from serving.local.status import RequestError

REQUESTS = [classification_pb2.ClassificationRequest, regression_pb2.RegressionRequest]


def features(example):
    """Give the features of an example: kind and values."""
    kinds = {name: feature.WhichOneof("kind") for name, feature in example.features.feature.items()}
    return {
        name: (kind, None if kind is None else list(getattr(example.features.feature[name], kind).value))
        for name, kind in kinds.items()
    }


@pytest.mark.parametrize("make", REQUESTS)
def test_examples_without_a_context(make):
    request = make()
    fill_examples_request(
        b"""{"examples": [{"names": ["foo", "bar"], "ratings": [8.0, 9.0], "age": 20, "none": []},
                          {"names": ["baz"], "ratings": 6.0}]}""",
        request,
    )
    assert [features(example) for example in request.input.example_list.examples] == [
        {
            "names": ("bytes_list", [b"foo", b"bar"]),
            "ratings": ("float_list", [8.0, 9.0]),
            "age": ("int64_list", [20]),
            "none": (None, None),
        },
        {"names": ("bytes_list", [b"baz"]), "ratings": ("float_list", [6.0])},
    ]


@pytest.mark.parametrize("make", REQUESTS)
def test_examples_with_a_context_and_a_signature(make):
    request = make()
    fill_examples_request(
        b"""{"signature_name": "custom_signture",
             "context": {"query": "pizza", "location": ["sfo"]},
             "examples": [{"ratings": [8.0, Infinity, NaN]},
                          {"names": ["baz", {"b64": "aGVsbG8="}], "mix": [1, true, false]},
                          {"ratings": -Infinity, "large": 36893488147419103232}]}""",
        request,
    )
    assert request.model_spec.signature_name == "custom_signture"
    filled = request.input.example_list_with_context
    assert features(filled.context) == {"query": ("bytes_list", [b"pizza"]), "location": ("bytes_list", [b"sfo"])}
    first, second, third = map(features, filled.examples)
    assert first["ratings"][1][:2] == [8.0, math.inf]
    assert math.isnan(first["ratings"][1][2])
    assert second == {"names": ("bytes_list", [b"baz", b"hello"]), "mix": ("int64_list", [1, 1, 0])}
    assert third == {"ratings": ("float_list", [-math.inf]), "large": ("float_list", [2.0**65])}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"signature_name": ["hello"], "examples": [{"names": ["foo"]}]}', "'signature_name' key must be a string"),
        ('{"context": [{"names": ["foo", "bar"]}]}', "Example must be JSON object but got JSON Array"),
        ('{"context": {"names": "foo"}}', "key 'examples' is expected and was not found"),
        ('{"examples": {"names": ["foo", "bar"]}}', "list/array"),
        ('{"examples": []}', "'examples' value is an empty array"),
        ('{"examples": [[{"names": ["foo", "bar"]}]]}', "Example must be JSON object"),
        ('{"examples": [{"names": [10, null]}]}', "names has element with unexpected JSON type: Null"),
        ('{"examples": [{"names": [10, 10.0]}]}', "feature: names expecting type: int64"),
        ('{"examples": [{"names": ["a", true]}]}', "feature: names expecting type: bytes"),
        ('{"examples": [{"names": [10, {"test": 10}]}]}', "names has element with unexpected JSON type: Object"),
        ('{"examples": [{"names": [[10], 20]}]}', "names has element with unexpected JSON type: Array"),
        ('{"examples": [{"names": [20, 18446744073709551603]}]}', "Only int64_t is supported"),
        ('{"examples": [{"names": [' + "9" * 400 + "]}]}", "Number too big"),
    ],
)
def test_what_is_wrong_with_examples_is_said(text, reason):
    with pytest.raises(RequestError) as caught:
        fill_examples_request(text.encode(), classification_pb2.ClassificationRequest())
    assert reason in caught.value.message


def test_classes_are_pairs_of_label_and_score():
    result = text_format.Parse(
        """classifications { classes { label: "car" score: 0.2 } classes { label: "bike" score: 0.7 } }
           classifications { classes { label: "car" score: 0.7 } classes { label: "b\\"us" score: 0.25 } }""",
        classification_pb2.ClassificationResult(),
    )
    assert classification_json(result) == (
        b'{\n    "results": [[["car", 0.2], ["bike", 0.7]], [["car", 0.7], ["b\\"us", 0.25]]\n    ]\n}'
    )


def test_values_are_a_list():
    result = regression_pb2.RegressionResult()
    for value in (0.2, math.inf, 1.0, -math.inf, math.nan):
        result.regressions.add(value=value)
    assert regression_json(result) == b'{\n    "results": [0.2, Infinity, 1.0, -Infinity, NaN]\n}'


def test_no_results_are_an_error():
    with pytest.raises(RequestError, match="empty ClassificationResults"):
        classification_json(classification_pb2.ClassificationResult())
    with pytest.raises(RequestError, match="empty RegressionResults"):
        regression_json(regression_pb2.RegressionResult())
