"""`tensorflow.serving.ModelService` over gRPC."""

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2, model_service_pb2_grpc

from serving.local.answers import Answers
from serving.local.status import answered

SERVICE_NAME = "tensorflow.serving.ModelService"


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Tell in which state the versions are, and change what is served.

    Args:
        answers: what answers.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def GetModelStatus(  # the service's name for it
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the versions of a model, or the one that the request names."""
        return answered(self._answers.status, request, context)

    def HandleReloadConfigRequest(
        self, request: model_management_pb2.ReloadConfigRequest, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        """Move to another list of models."""
        return answered(self._answers.reload, request, context)
