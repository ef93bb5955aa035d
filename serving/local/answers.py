"""What each method of the two services answers, whichever way the request came."""

from collections.abc import Sequence

import grpc
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

from serving.local.errors import ServerError
from serving.local.examples import examples_of
from serving.local.inference import classify, infer, name_version, regress
from serving.local.model_settings import settings_of
from serving.local.models import Models
from serving.local.request_log import RequestLogs
from serving.local.servable import DEFAULT_SIGNATURE
from serving.local.served_model import VersionStatus
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import RequestError, invalid_argument

_SIGNATURE_FIELD = "signature_def"


class Answers:
    """Answers to requests; every method raises `RequestError` or an error of TensorFlow's where it cannot.

    Args:
        models: what is served.
        metrics: what is counted.
    """

    def __init__(self, models: Models, metrics: ServingMetrics) -> None:
        self._models = models
        self._metrics = metrics
        self.logs = RequestLogs(models, metrics)

    def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        """Run a signature on tensors."""
        name = request.model_spec.name
        with self._models.use(request) as servable, self._metrics.runtime(name, "Predict"):
            response = servable.predict(request)
        response.model_spec.name = request.model_spec.name
        return response

    def classify(self, request: classification_pb2.ClassificationRequest) -> classification_pb2.ClassificationResponse:
        """Give the classes of examples."""
        response = classification_pb2.ClassificationResponse()
        with self._models.use(request) as servable:
            with self._metrics.runtime(request.model_spec.name, "Classify"):
                result = classify(servable, request.model_spec, examples_of(request.input))
            response.result.CopyFrom(result)
            name_version(response.model_spec, servable, request.model_spec)
        return response

    def regress(self, request: regression_pb2.RegressionRequest) -> regression_pb2.RegressionResponse:
        """Give the values of examples."""
        response = regression_pb2.RegressionResponse()
        with self._models.use(request) as servable:
            with self._metrics.runtime(request.model_spec.name, "Regress"):
                response.result.CopyFrom(regress(servable, request.model_spec, examples_of(request.input)))
            name_version(response.model_spec, servable, request.model_spec)
        return response

    def multi_inference(self, request: inference_pb2.MultiInferenceRequest) -> inference_pb2.MultiInferenceResponse:
        """Run several signatures of one version over the same examples."""
        if not request.tasks:
            raise invalid_argument("Inference request must have at least one inference task.")
        first = request.tasks[0]
        with self._models.use(first) as servable:
            response = infer(servable, request, first.model_spec.name)
        result = response.results[0]
        count = len(result.regression_result.regressions) or len(result.classification_result.classifications)
        self._metrics.examples(first.model_spec.name, count)
        return response

    def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describe the signatures of a version."""
        if not request.HasField("model_spec"):
            raise invalid_argument("the request has no model_spec")
        if not request.metadata_field:
            raise invalid_argument("the request names no metadata_field; give signature_def")
        for name in request.metadata_field:
            if name != _SIGNATURE_FIELD:
                raise invalid_argument(f"metadata_field {name!r} is not known; only signature_def is")
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        with self._models.use(request) as servable:
            signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=servable.signature_defs)
            response.model_spec.version.value = servable.version
        response.model_spec.name = request.model_spec.name
        response.metadata[_SIGNATURE_FIELD].Pack(signatures)
        return response

    def signature(self, spec: model_pb2.ModelSpec) -> meta_graph_pb2.SignatureDef:
        """Look up the signature that a `model_spec` names, `serving_default` where it names none."""
        with self._models.use(predict_pb2.PredictRequest(model_spec=spec)) as servable:
            name = spec.signature_name or DEFAULT_SIGNATURE
            if name not in servable.signature_defs:
                raise invalid_argument(f"Serving signature name: {name!r} not found in signature def")
            return servable.signature_defs[name]

    def status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """List the versions of a model, the greatest first, or the one that the request names."""
        if not request.HasField("model_spec"):
            raise invalid_argument("the request has no model_spec")
        name = request.model_spec.name
        version = self._models.version_of(request.model_spec)
        found = [status for status in self._models.get(name).statuses() if version in (None, status.version)]
        if not found:
            raise RequestError(grpc.StatusCode.NOT_FOUND, f"model {name!r} has no version {version}")
        return _status_response(found)

    def reload(self, request: model_management_pb2.ReloadConfigRequest) -> model_management_pb2.ReloadConfigResponse:
        """Move to another list of models."""
        if request.metric_names:
            raise RequestError(
                grpc.StatusCode.UNIMPLEMENTED, "metric_names are not answered here; read the metrics over REST"
            )
        try:
            settings = settings_of(request.config, "the request's config")
        except ServerError as error:
            raise invalid_argument(str(error)) from None
        try:
            self._models.reload(settings)
        except ServerError as error:
            raise RequestError(grpc.StatusCode.UNKNOWN, str(error)) from None
        return model_management_pb2.ReloadConfigResponse()


def _status_response(found: Sequence[VersionStatus]) -> get_model_status_pb2.GetModelStatusResponse:
    response = get_model_status_pb2.GetModelStatusResponse()
    for status in found:
        entry = response.model_version_status.add(version=status.version, state=status.state)
        if status.error:
            entry.status.error_code = grpc.StatusCode.UNKNOWN.value[0]
            entry.status.error_message = status.error
        else:
            entry.status.error_code = grpc.StatusCode.OK.value[0]
    return response
