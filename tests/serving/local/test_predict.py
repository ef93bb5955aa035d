"""PredictionService.Predict over gRPC."""

from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import predict_pb2


def refused(call: Any, code: grpc.StatusCode) -> str:
    """Run a call that must end with a code; give its message."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    assert error.code() == code, error.details()
    assert "\n" not in error.details()
    return str(error.details())


def proto(dtype: int, shape: list[int], **values: Any) -> tensor_pb2.TensorProto:
    tensor = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def test_default_signature_answers_with_the_model_spec_filled_in(shop_client):
    response = shop_client.predict({"x": [1.0, 2.0, 5.0]})
    assert list(response.outputs["y"].float_val) == [2.5, 3.0, 4.5]
    assert [dim.size for dim in response.outputs["y"].tensor_shape.dim] == [3]
    assert response.model_spec.name == "shop"
    assert response.model_spec.version.value == 7
    assert response.model_spec.signature_name == "serving_default"


def test_outputs_are_typed_values_as_tf_serving_sends_them(shop_client):
    response = shop_client.predict({"query": ["drill"], "item_id": [["a", ""]]}, "join")
    assert response.model_spec.signature_name == "join"
    assert list(response.outputs["text"].string_val) == [b"drill a", b"drill "]
    assert list(response.outputs["length"].int_val) == [7, 6]
    assert list(response.outputs["known"].bool_val) == [True, False]
    assert all(not output.tensor_content for output in response.outputs.values())


def test_both_forms_of_a_tensor_give_the_same_answer(shop_client):
    content = proto(types_pb2.DT_FLOAT, [2], tensor_content=np.array([4, 6], "<f4").tobytes())
    values = proto(types_pb2.DT_FLOAT, [2], float_val=[4.0, 6.0])
    answers = [shop_client.predict({"x": x}).outputs["y"].float_val for x in (content, values)]
    assert [list(answer) for answer in answers] == [[4.0, 5.0], [4.0, 5.0]]


def test_the_last_value_given_fills_the_rest_of_the_shape(shop_client):
    response = shop_client.predict({"x": proto(types_pb2.DT_FLOAT, [3], float_val=[4.0, 6.0])})
    assert list(response.outputs["y"].float_val) == [4.0, 5.0, 5.0]


def test_strings_packed_as_tensor_content_are_read(shop_client):
    query = proto(types_pb2.DT_STRING, [2], tensor_content=b"\x01\x02abc")
    response = shop_client.predict({"query": query, "item_id": [["1"], ["2"]]}, "join")
    assert list(response.outputs["text"].string_val) == [b"a 1", b"bc 2"]


def test_bytes_that_are_not_utf8_and_nul_bytes_pass_through(shop_client):
    query = b"\xff\xfe drill\x00"
    response = shop_client.predict({"query": [query], "item_id": [[b"\x00"]]}, "join", outputs=("text",))
    assert list(response.outputs["text"].string_val) == [query + b" \x00"]


@pytest.mark.parametrize(
    ("inputs", "parts"),
    [
        ({"query": ["a"]}, ["inputs {query} are not", "{item_id,query}: missing {item_id}, extra {}"]),
        ({}, ["inputs {} are not", "missing {item_id,query}"]),
        (
            {"query": ["a"], "item_ids": [["b"]]},
            ["inputs {item_ids,query} are not", "{item_id,query}: missing {item_id}, extra {item_ids}"],
        ),
        ({"query": ["a"], "item_id": [["b"]], "z": [1]}, ["missing {}, extra {z}"]),
    ],
)
def test_missing_and_extra_inputs_are_named(shop_client, inputs, parts):
    message = refused(lambda: shop_client.predict(inputs, "join"), grpc.StatusCode.INVALID_ARGUMENT)
    assert all(part in message for part in parts), message


def test_a_wrong_type_is_named_with_the_right_one(shop_client):
    message = refused(lambda: shop_client.predict({"x": ["a"]}), grpc.StatusCode.INVALID_ARGUMENT)
    assert message == "input 'x' is DT_STRING, the signature says DT_FLOAT"


def test_a_vector_for_a_column_is_accepted_where_the_graph_can_use_it(shop_client):
    response = shop_client.predict({"column": [4.0]}, "double")
    assert list(response.outputs["y"].float_val) == [8.0]
    assert len(response.outputs["y"].tensor_shape.dim) == 1


def test_a_vector_for_a_column_is_refused_where_the_graph_cannot_use_it(shop_client):
    call = lambda: shop_client.predict({"column": [4.0]}, "project")  # noqa: E731
    message = refused(call, grpc.StatusCode.INVALID_ARGUMENT)
    assert message.startswith("input 'column' has shape [1], the signature says [-1, 1]: "), message


@pytest.mark.parametrize(
    ("value", "shape"), [([[1.0, 2.0]], "[1, 2]"), (4.0, "[]"), ([[[1.0]]], "[1, 1, 1]"), ([], "[0]")]
)
def test_another_shape_than_the_signatures_is_refused(shop_client, value, shape):
    inputs = {"column": np.array(value, "f4")}
    signature = "project" if shape == "[0]" else "double"
    message = refused(lambda: shop_client.predict(inputs, signature), grpc.StatusCode.INVALID_ARGUMENT)
    assert message.startswith(f"input 'column' has shape {shape}, the signature says [-1, 1]"), message


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (proto(types_pb2.DT_FLOAT, [2], tensor_content=b"123"), "3 bytes of tensor_content"),
        (proto(types_pb2.DT_FLOAT, [2], tensor_content=b"0123456789ab"), "12 bytes of tensor_content"),
        (proto(types_pb2.DT_FLOAT, [2], float_val=[1, 2, 3]), "2 elements, float_val has 3"),
        (proto(types_pb2.DT_FLOAT, [-1], float_val=[1]), "[-1] is not"),
        (proto(types_pb2.DT_FLOAT, [2**62, 4], float_val=[1]), "more than"),
        (proto(types_pb2.DT_FLOAT, [10**9], float_val=[1]), "more than"),
        (
            tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, tensor_shape={"unknown_rank": True}, float_val=[1]),
            "not that of a tensor",
        ),
    ],
)
def test_damaged_tensors_are_refused_with_the_reason(shop_client, tensor, reason):
    message = refused(lambda: shop_client.predict({"x": tensor}), grpc.StatusCode.INVALID_ARGUMENT)
    assert message.startswith("input 'x' cannot be read: ")
    assert reason in message


@pytest.mark.parametrize("dtype", [0, 99, types_pb2.DT_RESOURCE])
def test_types_that_are_no_input_type_are_refused(shop_client, dtype):
    tensor = proto(dtype, [1])
    message = refused(lambda: shop_client.predict({"x": tensor}), grpc.StatusCode.INVALID_ARGUMENT)
    assert "the signature says DT_FLOAT" in message


def test_an_unknown_signature_is_a_failed_precondition(shop_client):
    call = lambda: shop_client.predict({"x": [1.0]}, "rank")  # noqa: E731
    assert "no signature 'rank'" in refused(call, grpc.StatusCode.FAILED_PRECONDITION)


@pytest.mark.parametrize("version", [None, 7])
def test_an_unknown_model_is_not_found(shop_client, version):
    call = lambda: shop_client.predict({"x": [1.0]}, model="ranker", version=version)  # noqa: E731
    assert "ranker" in refused(call, grpc.StatusCode.NOT_FOUND)


@pytest.mark.parametrize("version", [0, 6, 8, -1])
def test_a_version_that_is_set_means_exactly_that_one(shop_client, version):
    call = lambda: shop_client.predict({"x": [1.0]}, version=version)  # noqa: E731
    assert f"does not serve version {version}; served: 7" in refused(call, grpc.StatusCode.NOT_FOUND)
    assert shop_client.predict({"x": [1.0]}, version=7).model_spec.version.value == 7


def test_a_request_without_a_model_is_invalid(shop_client):
    predict = shop_client.prediction.Predict
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    assert "no model_spec" in refused(lambda: predict(predict_pb2.PredictRequest()), invalid)
    assert "no name" in refused(lambda: shop_client.predict({"x": [1.0]}, model=""), invalid)


def test_a_label_that_no_configuration_gives_is_invalid(shop_client, tools):
    request = tools.predict_request({"x": [1.0]})
    request.model_spec.version_label = "stable"
    call = lambda: shop_client.prediction.Predict(request)  # noqa: E731
    assert "stable" in refused(call, grpc.StatusCode.INVALID_ARGUMENT)


def test_output_filter_gives_only_what_it_names(shop_client):
    inputs = {"query": ["drill"], "item_id": [["a"]]}
    assert set(shop_client.predict(inputs, "join", outputs=("length",)).outputs) == {"length"}
    assert set(shop_client.predict(inputs, "join", outputs=("text", "known")).outputs) == {"text", "known"}


@pytest.mark.parametrize(
    ("outputs", "reason"), [(("z",), "'z'; the signature's outputs are {y}"), (("y", "y"), "'y' twice")]
)
def test_a_wrong_output_filter_is_refused(shop_client, outputs, reason):
    call = lambda: shop_client.predict({"x": [1.0]}, outputs=outputs)  # noqa: E731
    assert reason in refused(call, grpc.StatusCode.INVALID_ARGUMENT)


def test_an_error_of_an_op_keeps_its_code_and_reason(shop_client, tmp_path):
    call = lambda: shop_client.predict({"x": [-1.0]}, "positive")  # noqa: E731
    assert "prices are above 0" in refused(call, grpc.StatusCode.INVALID_ARGUMENT)
    absent = str(tmp_path / "absent")
    message = refused(lambda: shop_client.predict({"path": absent}, "read"), grpc.StatusCode.NOT_FOUND)
    assert "absent" in message
    assert "Graph execution error" not in message


def test_ragged_batches_are_refused_and_the_server_goes_on(shop_client):
    call = lambda: shop_client.predict({"query": ["a", "b", "c"], "item_id": [["1"], ["2"]]}, "join")  # noqa: E731
    refused(call, grpc.StatusCode.INVALID_ARGUMENT)
    assert list(shop_client.predict({"x": [2.0]}).outputs["y"].float_val) == [3.0]


def test_an_empty_batch_is_answered(shop_client):
    response = shop_client.predict({"x": np.zeros([0], "f4")})
    assert [dim.size for dim in response.outputs["y"].tensor_shape.dim] == [0]
    assert not response.outputs["y"].float_val


def test_long_queries_and_many_candidates_are_answered(shop_client):
    candidates = np.array([[f"item-{n}" for n in range(10_000)]], dtype=object)
    query = "drill " * 17_000
    response = shop_client.predict({"query": [query], "item_id": candidates[:, :50]}, "join")
    assert list(response.outputs["length"].int_val[:1]) == [len(query) + 1 + len("item-0")]
    response = shop_client.predict({"query": ["drill"], "item_id": candidates}, "join")
    assert response.outputs["text"].string_val[9_999] == b"drill item-9999"


def test_messages_above_the_default_limit_of_grpc_are_answered(shop_client):
    x = np.arange(2_000_000, dtype="f4")
    response = shop_client.predict({"x": x})
    assert response.ByteSize() > 4 * 2**20
    np.testing.assert_array_equal(tf.make_ndarray(response.outputs["y"]), x / 2 + 2)


def test_bytes_that_are_no_request_do_not_stop_the_server(shop_client):
    raw = shop_client.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    with pytest.raises(grpc.RpcError):
        raw(b"\xff\xff\xff no message")
    assert list(shop_client.predict({"x": [2.0]}).outputs["y"].float_val) == [3.0]
