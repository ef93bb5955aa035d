"""Requests of the REST interface and their answers, apart from the HTTP that carries them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
    regression_pb2,
)

from serving.local.answers import Answers
from serving.local.rest import json_examples, json_predict
from serving.local.rest.json_writing import body, object_text, string_text
from serving.local.rest.routes import Route, parse_route
from serving.local.status import RequestError, invalid_argument, status_of

log = logging.getLogger(__name__)

_SIGNATURE_FIELD = "signature_def"


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        code: OK or what went wrong.
        body: JSON.
        model: the model that was asked, empty where the request names none; for the metrics, as `api`.
        api: `predict`, `classify`, `regress` or empty.
    """

    code: grpc.StatusCode
    body: bytes
    model: str = ""
    api: str = ""


class RestApi:
    """The interface over what answers.

    Args:
        answers: what answers.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._methods: dict[str, Callable[[Route, bytes], bytes]] = {
            "predict": self._predict,
            "classify": self._classify,
            "regress": self._regress,
            "metadata": self._metadata,
            "status": self._status,
        }

    def answer(self, http_method: str, target: str, json_body: bytes) -> Reply:
        """Answer a request; what goes wrong is an answer too.

        Args:
            http_method: GET, POST or another.
            target: path and query of the URL.
            json_body: the request's body, unpacked.

        Returns:
            The answer.
        """
        route = None
        try:
            route = parse_route(http_method, target)
            return Reply(
                grpc.StatusCode.OK, self._methods[route.method](route, json_body), model=route.name, api=route.api
            )
        except Exception as raised:
            error: Exception = raised
            if isinstance(error, RecursionError):
                error = invalid_argument("JSON Parse error: nested too deeply")
            elif isinstance(error, UnicodeEncodeError):
                error = invalid_argument("JSON Parse error: a string is no text in UTF-8")
            code, message = status_of(error)
            if code == grpc.StatusCode.INTERNAL:
                log.exception("request failed")
            model, api = ("", "") if route is None else (route.name, route.api)
            return Reply(code, _error_body(message), model, api)

    def timed_out(self, http_method: str, target: str, limit_ms: int) -> Reply:
        """Say that a request took longer than `limit_ms`."""
        try:
            route = parse_route(http_method, target)
            model, api = route.name, route.api
        except RequestError:
            model, api = "", ""
        reason = f"Timed out: no answer within {limit_ms} ms (--rest_api_timeout_in_ms)"
        return Reply(grpc.StatusCode.DEADLINE_EXCEEDED, _error_body(reason), model, api)

    def _predict(self, route: Route, json_body: bytes) -> bytes:
        request = predict_pb2.PredictRequest()
        route.fill(request.model_spec)
        row_form = json_predict.fill_predict_request(
            json_body, request, lambda: self._answers.signature(request.model_spec)
        )
        response = self._answers.predict(request)
        self._answers.logs.take(request, response)
        return json_predict.predict_json(response.outputs, row_form)

    def _classify(self, route: Route, json_body: bytes) -> bytes:
        request = classification_pb2.ClassificationRequest()
        route.fill(request.model_spec)
        json_examples.fill_examples_request(json_body, request)
        return json_examples.classification_json(self._answers.classify(request).result)

    def _regress(self, route: Route, json_body: bytes) -> bytes:
        request = regression_pb2.RegressionRequest()
        route.fill(request.model_spec)
        json_examples.fill_examples_request(json_body, request)
        return json_examples.regression_json(self._answers.regress(request).result)

    def _status(self, route: Route, _: bytes) -> bytes:
        _check_name(route)
        request = get_model_status_pb2.GetModelStatusRequest()
        route.fill(request.model_spec)
        return body(_message_text(self._answers.status(request)) + "\n")

    def _metadata(self, route: Route, _: bytes) -> bytes:
        _check_name(route)
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=[_SIGNATURE_FIELD])
        route.fill(request.model_spec)
        response = self._answers.metadata(request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        if not response.metadata[_SIGNATURE_FIELD].Unpack(signatures):
            raise RequestError(grpc.StatusCode.INTERNAL, "Failed to unpack 'Any' object to 'SignatureDefMap'.")
        return body(
            f'{{\n"model_spec":{_message_text(response.model_spec)},\n'
            f'"metadata": {{"{_SIGNATURE_FIELD}": {_message_text(signatures)}}}\n}}\n'
        )


def _error_body(message: str) -> bytes:
    """Write an error as JSON."""
    return body(object_text({"error": string_text(message)}, 0))


def _check_name(route: Route) -> None:
    if not route.name:
        raise invalid_argument("Missing model name in request.")


def _message_text(message: Message) -> str:
    return json_format.MessageToJson(
        message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True, indent=1
    )
