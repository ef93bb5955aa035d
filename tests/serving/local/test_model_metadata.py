"""PredictionService.GetModelMetadata."""

import grpc
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2


def signatures(response):
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    return found.signature_def


def test_the_signatures_are_those_of_the_saved_model(shop_client, models):
    response = shop_client.metadata("signature_def")
    assert response.model_spec.name == "shop"
    assert response.model_spec.version.value == 7
    found = signatures(response)
    written = saved_model_pb2.SavedModel.FromString((models.shop / "saved_model.pb").read_bytes())
    assert dict(found) == dict(written.meta_graphs[0].signature_def)
    join = found["join"]
    assert {alias: info.dtype for alias, info in join.inputs.items()} == {
        "query": types_pb2.DT_STRING,
        "item_id": types_pb2.DT_STRING,
    }
    assert [dim.size for dim in join.inputs["item_id"].tensor_shape.dim] == [-1, -1]
    assert set(join.outputs) == {"text", "length", "known"}


@pytest.mark.parametrize("fields", [(), ("signatures",), ("signature_def", "assets")])
def test_other_fields_are_refused(shop_client, fields):
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.metadata(*fields)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_metadata_of_an_unknown_model_is_not_found(shop_client):
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.metadata("signature_def", model="ranker")
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_metadata_without_a_model_is_invalid(shop_client):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.prediction.GetModelMetadata(request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
