"""What the REST interface asks of the server behind it."""

from typing import Protocol

from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)


class RestAnswers(Protocol):
    """Answers to requests; a method raises `RequestError` or an error of TensorFlow's where it has none."""

    def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        """Run a signature on tensors; the outputs come as typed values (`float_val`, ...)."""
        ...

    def classify(self, request: classification_pb2.ClassificationRequest) -> classification_pb2.ClassificationResponse:
        """Give the classes of examples."""
        ...

    def regress(self, request: regression_pb2.RegressionRequest) -> regression_pb2.RegressionResponse:
        """Give the values of examples."""
        ...

    def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures of a version under the key `signature_def`."""
        ...

    def status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the versions of a model."""
        ...

    def signature(self, spec: model_pb2.ModelSpec) -> meta_graph_pb2.SignatureDef:
        """Look up a signature, `serving_default` where the spec names none: JSON does not say what its numbers are."""
        ...
