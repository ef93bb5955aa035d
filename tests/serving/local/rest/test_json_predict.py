"""Predict requests and responses in JSON: the cases of TF Serving's json_tensor_test.cc."""

import math

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

from serving.local.rest.json_predict import fill_predict_request, predict_json
from serving.local.status import RequestError
from serving.local.tensors import tensor_to_proto

FOUR = {"int_tensor": "DT_INT32", "str_tensor": "DT_STRING", "float_tensor": "DT_FLOAT", "dbl_tensor": "DT_DOUBLE"}


def signature(dtypes):
    inputs = {name: meta_graph_pb2.TensorInfo(dtype=types_pb2.DataType.Value(kind)) for name, kind in dtypes.items()}
    return meta_graph_pb2.SignatureDef(inputs=inputs)


def read(text, dtypes):
    """Give the tensors as NumPy arrays, whether they came in rows, and the request."""
    request = predict_pb2.PredictRequest()
    body = text if isinstance(text, bytes) else text.encode()
    in_rows = fill_predict_request(body, request, lambda: signature(dtypes))
    return {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}, in_rows, request


def refused(text, dtypes, code=grpc.StatusCode.INVALID_ARGUMENT):
    with pytest.raises(RequestError) as caught:
        read(text, dtypes)
    assert caught.value.code == code
    return caught.value.message


def write(row_form, **tensors):
    return predict_json({name: tensor_to_proto(tensor) for name, tensor in tensors.items()}, row_form).decode()


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ('{"instances": [[1,2],[3,4],[5,6]]}', "DT_INT32", [[1, 2], [3, 4], [5, 6]]),
        ('{"instances": [[1,2],[3,4],[5,6]]}X', "DT_INT32", [[1, 2], [3, 4], [5, 6]]),
        ('\ufeff {"instances": [7]}', "DT_INT64", [7]),
        ('{"instances": [1, 2.0, 3, 5.003, 0.007, 0.0]}', "DT_FLOAT", [1, 2, 3, 5.003, 0.007, 0]),
        ('{"instances": [1.0, 2, 0.662, 0, 0.0]}', "DT_DOUBLE", [1, 2, 0.662, 0, 0]),
        ('{"instances": [1435774380]}', "DT_FLOAT", [1435774380.0]),
        ('{"instances": [1.7976931348623157e308, -1.7976931348623157e308]}', "DT_FLOAT", [math.inf, -math.inf]),
        ('{"instances": [2.2250738585072014e-308]}', "DT_FLOAT", [0.0]),
        ('{"instances": [NaN, Infinity, -Infinity]}', "DT_DOUBLE", [math.nan, math.inf, -math.inf]),
        ('{"instances": [true, false]}', "DT_BOOL", [True, False]),
        ('{"instances": [4294967295]}', "DT_UINT32", [4294967295]),
        ('{"instances": [18446744073709551615]}', "DT_UINT64", [18446744073709551615]),
        ('{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ"}]}', "DT_STRING", [b"hello", b"world"]),
        ('{"instances": [[{"b64": "aGVsbG8="}], ["w\\u00f6rld"]]}', "DT_STRING", [[b"hello"], ["wörld".encode()]]),
        (b'{"instances": ["\xff\xfe"]}', "DT_STRING", [b"\xff\xfe"]),
        ('{"instances": [{"default": [["a"], ["b"]]}]}', "DT_STRING", [[[b"a"], [b"b"]]]),
        ('{"instances": [[], []]}', "DT_FLOAT", np.zeros((2, 0))),
        ('{"inputs": [[[1,2],[3,4],[5,6]]]}', "DT_INT32", [[[1, 2], [3, 4], [5, 6]]]),
        ('{"inputs": {"default": [[1,2]], "more": 3}}', "DT_INT32", [[1, 2]]),
        ('{"inputs": {"b64" : "aGVsbG8="}}', "DT_STRING", b"hello"),
        ('{"inputs": 5}', "DT_INT8", 5),
    ],
)
def test_one_input_is_read_without_its_name_and_with_it(text, dtype, expected):
    tensors, in_rows, request = read(text, {"default": dtype})
    kind = tf.as_dtype(types_pb2.DataType.Value(dtype)).as_numpy_dtype
    np.testing.assert_array_equal(tensors["default"], np.asarray(expected, kind))
    assert request.inputs["default"].dtype == types_pb2.DataType.Value(dtype)
    assert in_rows == ("instances" in str(text))


def test_rows_of_several_inputs_become_their_first_dimension():
    tensors, in_rows, _ = read(
        """{"instances": [
        {"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"], "float_tensor": [1.0, NaN], "dbl_tensor": [NaN]},
        {"int_tensor": [[7,8],[9,0],[1,2]], "str_tensor": ["baz", "bat"], "float_tensor": [2.0, Infinity],
         "dbl_tensor": [2.0]}]}""",
        FOUR,
    )
    assert in_rows
    np.testing.assert_array_equal(tensors["int_tensor"], [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]])
    np.testing.assert_array_equal(tensors["str_tensor"], [[b"foo", b"bar"], [b"baz", b"bat"]])
    np.testing.assert_array_equal(tensors["float_tensor"], np.float32([[1.0, math.nan], [2.0, math.inf]]))
    np.testing.assert_array_equal(tensors["dbl_tensor"], [[math.nan], [2.0]])


def test_columns_of_several_inputs_have_shapes_of_their_own():
    dtypes = {"int_tensor": "DT_INT32", "str_tensor": "DT_STRING", "bin_tensor": "DT_STRING"}
    tensors, in_rows, _ = read(
        '{"inputs": {"int_tensor": [[[1,2],[3,4]]], "str_tensor": ["foo"], "bin_tensor": {"b64" : "aGVsbG8="}}}', dtypes
    )
    assert not in_rows
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "int_tensor": (1, 2, 2),
        "str_tensor": (1,),
        "bin_tensor": (),
    }
    assert tensors["bin_tensor"] == b"hello"


def test_the_signature_is_named():
    _, _, request = read('{"signature_name": "predict_images", "instances": [[1,2]]}', {"default": "DT_INT32"})
    assert request.model_spec.signature_name == "predict_images"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "document is empty"),
        (" \n", "document is empty"),
        ("[1]", "Is not object"),
        ('{"instances": [1}', "JSON Parse error"),
        ('{"instances": [' + "9" * 5000 + "]}", "Number too big"),
        ('{"instances": ["\x01"]}', "JSON Parse error"),
        ('{"signature_name": 5, "instances": [1]}', "must be a string value"),
        ('{"instances": [1], "inputs": [1]}', "Not formatted correctly"),
        ('{"examples": [1]}', "Missing 'inputs' or 'instances' key"),
        ('{"instances": {"default": 1}}', "Expecting 'instances' to be an list/array"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": [[1,2],[3,4],[5,6,7]]}', "Expecting tensor size: 2 but got: 3"),
        ('{"instances": [[1,2],[3,4],[[5,6]]]}', "Expecting shape [2] but got: [1,2]"),
        ('{"instances": [1, [1]]}', "Expecting shape [] but got: [1]"),
        ('{"instances": [[1,2],["a", "b"]]}', 'JSON Value: "a" Type: String is not of expected type: int32'),
        ('{"instances": [[[1,2],3]]}', "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ('{"instances": [[1,[3]]]}', "Encountered list at unexpected level: 1 expected < 1"),
        ('{"instances": [[[1,2],[3]]]}', "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        ('{"instances": [1.0]}', "Type: Number is not of expected type: int32"),
        ('{"instances": [2147483648]}', "2147483648 Type: Number is not of expected type: int32"),
        ('{"instances": [true]}', "Type: True is not of expected type: int32"),
        ('{"instances": [null]}', "Type: Null is not of expected type: int32"),
        ('{"instances": [{"b64": "AA=="}]}', "Type: Object is not of expected type: int32"),
        ('{"instances": [{"other": 1}]}', "does not have named input: other"),
        ('{"instances": [{}]}', "keys must be equal to: default"),
        ('{"instances": [1, {"default": 1}]}', "Expecting value/list but got object at item 1"),
        ('{"inputs": {"other": 1}}', "Missing named input: default in 'inputs' object."),
        ('{"inputs": [[1], 2]}', "found at incorrect level: 2"),
    ],
)
def test_what_is_wrong_with_one_input_is_said(text, reason):
    assert reason in refused(text, {"default": "DT_INT32"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"instances": [1]}', "instances is a plain list"),
        ('{"inputs": [1]}', "inputs is a plain value/list"),
        ('{"instances": [{"a": [1], "b": ["x"]}, [1]]}', "Expecting object but got list at item 1"),
        ('{"instances": [{"a": [1], "b": ["x"]}, {"a": [[1]], "b": ["y"]}]}', "element: 1 key: a"),
        ('{"instances": [{"a": [1], "b": ["x"]}, {"a": [1]}]}', "keys must be equal to: a,b"),
        ('{"inputs": {"a": [1]}}', "Missing named input: b"),
        ('{"inputs": {"a": [1], "b": [{"b64": "?"}]}}', "Unable to base64 decode"),
        ('{"inputs": {"a": [1], "b": [{"b64": "aGVsbG8=="}]}}', "Unable to base64 decode"),
        ('{"inputs": {"a": [1], "b": [{"b64": 1}]}}', "not formatted correctly for base64 data"),
        ('{"inputs": {"a": [1], "b": ' + "[" * 900 + "1" + "]" * 900 + "}}", "is not of expected type: string"),
    ],
)
def test_what_is_wrong_with_several_inputs_is_said(text, reason):
    assert reason in refused(text, {"a": "DT_INT32", "b": "DT_STRING"})


def test_types_that_json_cannot_hold_are_not_implemented():
    message = refused('{"instances": [1.0]}', {"x": "DT_HALF"}, grpc.StatusCode.INVALID_ARGUMENT)
    assert "UNIMPLEMENTED: Conversion of JSON Value: 1.0 to type: half" in message
    message = refused('{"inputs": [1.0]}', {"x": "DT_HALF"}, grpc.StatusCode.UNIMPLEMENTED)
    assert message == "Conversion of JSON Value: 1.0 to type: half"


def test_errors_show_the_beginning_of_a_large_value_only():
    assert len(refused('{"other": [' + ",".join(["1"] * 10_000) + '], "instances": 1}', {"x": "DT_INT32"})) < 350


def test_one_output_is_written_without_its_name():
    tensor = tf.constant([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]])
    assert write(True, y=tensor) == (
        '{\n    "predictions": [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]\n    ]\n}'
    )
    assert write(False, y=tf.constant([1, 2])) == '{\n    "outputs": [\n        1,\n        2\n    ]\n}'
    assert write(False, y=tf.constant(True)) == '{\n    "outputs": true\n}'


def test_several_outputs_are_written_with_their_names():
    tensors = {
        "int_tensor": tf.constant([[1, 2], [3, 4]]),
        "str_tensor": tf.constant(["foo", 'q"\n']),
        "str_tensor_bytes": tf.constant([b"hello", b"\xff"]),
    }
    assert write(True, **tensors) == (
        '{\n    "predictions": [\n'
        '        {\n            "int_tensor": [1, 2],\n            "str_tensor": "foo",\n'
        '            "str_tensor_bytes": {\n                "b64": "aGVsbG8="\n            }\n        },\n'
        '        {\n            "int_tensor": [3, 4],\n            "str_tensor": "q\\"\\n",\n'
        '            "str_tensor_bytes": {\n                "b64": "/w=="\n            }\n        }\n    ]\n}'
    )
    columns = write(False, a=tf.constant([1]), b_bytes=tf.constant("x"))
    assert columns == (
        '{\n    "outputs": {\n        "a": [\n            1\n        ],\n'
        '        "b_bytes": {\n            "b64": "eA=="\n        }\n    }\n}'
    )


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("float32", [9000000, 999999, 0.5, 0.0003, 0.00003, 555557.5], "9e+06, 999999.0, 0.5, 0.0003, 3e-05, 555557.5"),
        ("float32", [math.nan, math.inf, 3, -math.inf], "NaN, Infinity, 3.0, -Infinity"),
        ("float32", [0.2, 1 / 3, 16777216, -0.0], "0.2, 0.333333343, 16777216.0, -0.0"),
        ("float64", [0.2, 1 / 3, 1e300, 1435774380], "0.2, 0.33333333333333331, 1e+300, 1435774380.0"),
        ("int64", [-(2**63), 2**63 - 1], "-9223372036854775808, 9223372036854775807"),
        ("uint64", [2**64 - 1], "18446744073709551615"),
        ("bool", [True, False], "true, false"),
    ],
)
def test_numbers_have_the_digits_that_give_them_again(dtype, values, expected):
    assert write(True, y=tf.constant(values, dtype)) == f'{{\n    "predictions": [{expected}\n    ]\n}}'


def test_strings_that_are_no_text_pass_unchanged():
    outputs = {"y": tensor_to_proto(tf.constant([b"\xff", "ö".encode()]))}
    assert predict_json(outputs, True) == b'{\n    "predictions": ["\xff", "\xc3\xb6"\n    ]\n}'


def test_no_rows_are_an_empty_list():
    assert write(True, a=tf.zeros([0, 2]), b=tf.zeros([0, 3, 4])) == '{\n    "predictions": []\n}'
    assert write(True, a=tf.zeros([0, 2])) == '{\n    "predictions": []\n}'
    assert write(False, a=tf.zeros([1, 0])) == '{\n    "outputs": [\n        []\n    ]\n}'


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({}, "empty tensor map"),
        ({"y": tf.constant([1 + 2j], tf.complex64)}, "tensor type: complex64"),
        ({"y": tf.constant([1.0], tf.half)}, "tensor type: half"),
        ({"y": tf.constant(1)}, "no shape information"),
        ({"a": tf.zeros([2, 3]), "b": tf.zeros([1, 3])}, "inconsistent batch size: 1 expecting: 2"),
        ({"a": tf.zeros([0, 2]), "b": tf.zeros([1, 2])}, "inconsistent batch size: 1 expecting: 0"),
    ],
)
def test_outputs_that_rows_cannot_hold_are_refused(tensors, reason):
    with pytest.raises(RequestError, match=reason) as caught:
        write(True, **tensors)
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
