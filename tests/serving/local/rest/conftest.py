"""Half_plus_two with the signatures of TF Serving's test model, answered over HTTP on a free port."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.python.saved_model import method_name_updater

from serving.local.answers import Answers
from serving.local.model_settings import ModelSettings
from serving.local.models import Models
from serving.local.rest.rest_server import RestServer, RestSettings
from serving.local.serving_metrics import ServingMetrics

NAME, VERSION, LABEL = "half_plus_two", 123, "stable"
METHODS = {"classify_x_to_y": "tensorflow/serving/classify", "regress_x_to_y": "tensorflow/serving/regress"}


class HalfPlusTwo(tf.Module):
    """y = x / 2 + 2, on tensors of any shape and on examples."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = tf.Variable(2.0)

    def of_examples(self, examples: tf.Tensor) -> tf.Tensor:
        return tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"] / 2.0 + self.offset

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
    def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x / 2.0 + self.offset}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"scores": self.of_examples(inputs)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self.of_examples(inputs)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([None, None], tf.string)])
    def several(self, number: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"number": tf.cast(number, tf.int64), "text": text, "text_bytes": text}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def positive(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([tf.debugging.assert_positive(x, message="prices are above 0")]):
            return {"x": tf.identity(x)}

    # Writing to a named pipe waits until somebody reads it, which lets a test hold a request.
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def write(self, path: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([tf.io.write_file(path, "held")]):
            return {"path": tf.identity(path)}


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """Version 123 of half_plus_two, labelled `stable`."""
    base_path = tmp_path_factory.mktemp("half_plus_two")
    folder = base_path / str(VERSION)
    module = HalfPlusTwo()
    signatures = {
        "serving_default": module.predict,
        "classify_x_to_y": module.classify,
        "regress_x_to_y": module.regress,
        "several": module.several,
        "positive": module.positive,
        "write": module.write,
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)
    updater = method_name_updater.MethodNameUpdater(str(folder))
    for name, method in METHODS.items():
        updater.replace_method_name(signature_key=name, method_name=method)
    updater.save()
    served = Models(
        [ModelSettings(NAME, base_path, labels={LABEL: VERSION})], ServingMetrics(), labels_for_unavailable=True
    )
    served.load()
    yield served
    served.close(timeout_seconds=1.0)


@pytest.fixture(scope="session")
def answers(served: Models) -> Answers:
    return Answers(served, ServingMetrics())


@pytest.fixture(scope="session")
def in_flight(served: Models) -> Callable[[], int]:
    """How many requests the model is answering."""
    return served.get(NAME).in_flight


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The message of an answer that is nothing but an error."""
        assert list(self.json) == ["error"]
        return self.json["error"]


class Http:
    """One connection, kept alive."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}) -> Answer:
        """Send a request; a body that is neither text nor bytes is written as JSON."""
        sent = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        self.connection.request(method, path, sent, dict(headers))
        response = self.connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)


Serve = Callable[..., tuple[RestServer, Http]]


@pytest.fixture
def serve_rest(answers: Answers) -> Iterator[Serve]:
    """Start REST servers with settings of their own; they stop at the end of the test."""
    running = []

    def begin(**settings: Any) -> tuple[RestServer, Http]:
        server = RestServer(answers, 0, RestSettings(**settings), host="127.0.0.1")
        server.start()
        client = Http(server.port)
        running.append((server, client))
        return server, client

    yield begin
    for server, client in running:
        client.connection.close()
        server.stop(grace_seconds=1.0)


@pytest.fixture(scope="session")
def rest_port(answers: Answers) -> Iterator[int]:
    with RestServer(answers, 0, host="127.0.0.1") as server:
        yield server.port


@pytest.fixture
def rest(rest_port: int) -> Iterator[Http]:
    """A connection to a server with default settings, which every test may send anything to."""
    client = Http(rest_port)
    yield client
    client.connection.close()


@pytest.fixture(scope="session")
def connect() -> Callable[[int], Http]:
    return Http
