"""`tensorflow.serving.ModelService`: GetModelStatus."""

from typing import Any

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from serving.local.model_spec import version_of
from serving.local.served_model import ServedModel
from serving.local.status import RequestError, answered, invalid_argument, not_answered


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Tell in which state the versions of one model are.

    Args:
        model: the model.
    """

    def __init__(self, model: ServedModel) -> None:
        self._model = model

    def GetModelStatus(  # the service's name for it
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the versions, the greatest first, or the one that the request names."""

        def answer() -> get_model_status_pb2.GetModelStatusResponse:
            if not request.HasField("model_spec"):
                raise invalid_argument("the request has no model_spec")
            version = version_of(request.model_spec, self._model.name)
            found = [status for status in self._model.statuses() if version in (None, status.version)]
            if not found:
                raise RequestError(grpc.StatusCode.NOT_FOUND, f"model {self._model.name!r} has no version {version}")
            response = get_model_status_pb2.GetModelStatusResponse()
            for status in found:
                entry = response.model_version_status.add(version=status.version, state=status.state)
                if status.error:
                    entry.status.error_code = grpc.StatusCode.UNKNOWN.value[0]
                    entry.status.error_message = status.error
                else:
                    entry.status.error_code = grpc.StatusCode.OK.value[0]
            return response

        return answered(answer, context)

    def HandleReloadConfigRequest(self, request: Any, context: grpc.ServicerContext) -> None:
        """Refuse: the one model is set by flags."""
        not_answered("HandleReloadConfigRequest", context)
