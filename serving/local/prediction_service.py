"""`tensorflow.serving.PredictionService`: Predict and GetModelMetadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.local.model_spec import version_of
from serving.local.servable import Servable
from serving.local.served_model import ServedModel
from serving.local.status import answered, invalid_argument, not_answered

SERVICE_NAME = "tensorflow.serving.PredictionService"
_SIGNATURE_FIELD = "signature_def"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answer requests for one model.

    Args:
        model: the model.
    """

    def __init__(self, model: ServedModel) -> None:
        self._model = model

    def Predict(  # the service's name for it
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Run a signature of the model."""

        def answer() -> predict_pb2.PredictResponse:
            with self._servable(request) as servable:
                response = servable.predict(request)
            response.model_spec.name = self._model.name
            return response

        return answered(answer, context)

    def GetModelMetadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures of the model."""

        def answer() -> get_model_metadata_pb2.GetModelMetadataResponse:
            if not request.HasField("model_spec"):
                raise invalid_argument("the request has no model_spec")
            if not request.metadata_field:
                raise invalid_argument("the request names no metadata_field; give signature_def")
            for name in request.metadata_field:
                if name != _SIGNATURE_FIELD:
                    raise invalid_argument(f"metadata_field {name!r} is not known; only signature_def is")
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            with self._servable(request) as servable:
                signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=servable.signature_defs)
                response.model_spec.version.value = servable.version
            response.model_spec.name = self._model.name
            response.metadata[_SIGNATURE_FIELD].Pack(signatures)
            return response

        return answered(answer, context)

    def Classify(self, request: Any, context: grpc.ServicerContext) -> None:
        """Refuse: only Predict is answered here."""
        not_answered("Classify", context)

    def Regress(self, request: Any, context: grpc.ServicerContext) -> None:
        """Refuse: only Predict is answered here."""
        not_answered("Regress", context)

    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> None:
        """Refuse: only Predict is answered here."""
        not_answered("MultiInference", context)

    @contextmanager
    def _servable(self, request: Any) -> Iterator[Servable]:
        if not request.HasField("model_spec"):
            raise invalid_argument("the request has no model_spec")
        with self._model.use(version_of(request.model_spec, self._model.name)) as servable:
            yield servable
