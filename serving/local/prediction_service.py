"""`tensorflow.serving.PredictionService` over gRPC."""

import grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.local.answers import Answers
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import answered

SERVICE_NAME = "tensorflow.serving.PredictionService"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answer requests with the models.

    Args:
        answers: what answers.
        metrics: what is counted.
    """

    def __init__(self, answers: Answers, metrics: ServingMetrics) -> None:
        self._answers = answers
        self._predict = metrics.measured(answers.predict, "Predict")
        self._classify = metrics.measured(answers.classify, "Classify")
        self._regress = metrics.measured(answers.regress, "Regress")

    def Predict(  # the service's name for it
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Run a signature on tensors."""
        response = answered(self._predict, request, context)
        self._answers.logs.take(request, response, context.invocation_metadata)
        return response

    def Classify(
        self, request: classification_pb2.ClassificationRequest, context: grpc.ServicerContext
    ) -> classification_pb2.ClassificationResponse:
        """Give the classes of examples."""
        return answered(self._classify, request, context)

    def Regress(
        self, request: regression_pb2.RegressionRequest, context: grpc.ServicerContext
    ) -> regression_pb2.RegressionResponse:
        """Give the values of examples."""
        return answered(self._regress, request, context)

    def MultiInference(
        self, request: inference_pb2.MultiInferenceRequest, context: grpc.ServicerContext
    ) -> inference_pb2.MultiInferenceResponse:
        """Run several signatures over the same examples."""
        return answered(self._answers.multi_inference, request, context)

    def GetModelMetadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures of a version."""
        return answered(self._answers.metadata, request, context)
