"""ModelService.GetModelStatus and gRPC health."""

import grpc
import pytest
from grpc_health.v1 import health_pb2
from tensorflow_serving.apis import get_model_status_pb2

State = get_model_status_pb2.ModelVersionStatus


def status_request(model="shop", version=None):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    if version is not None:
        request.model_spec.version.value = version
    return request


@pytest.mark.parametrize("version", [None, 7])
def test_the_served_version_is_available_without_an_error(shop_client, version):
    (status,) = shop_client.models.GetModelStatus(status_request(version=version)).model_version_status
    assert (status.version, status.state) == (7, State.AVAILABLE)
    assert (status.status.error_code, status.status.error_message) == (0, "")


@pytest.mark.parametrize("request_", [status_request("ranker"), status_request(version=0), status_request(version=8)])
def test_unknown_models_and_versions_are_not_found(shop_client, request_):
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.models.GetModelStatus(request_)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_status_request_without_a_model_is_invalid(shop_client):
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest())
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "service", ["", "tensorflow.serving.PredictionService", "PredictionService", "ModelService", "shop"]
)
def test_health_says_serving_for_the_server_the_service_and_the_model(shop_client, service):
    response = shop_client.health.Check(health_pb2.HealthCheckRequest(service=service))
    assert response.status == health_pb2.HealthCheckResponse.SERVING


def test_health_does_not_know_other_names(shop_client):
    with pytest.raises(grpc.RpcError) as caught:
        shop_client.health.Check(health_pb2.HealthCheckRequest(service="ranker"))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
