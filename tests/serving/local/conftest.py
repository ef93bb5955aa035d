"""Small SavedModels made by hand, real servers on free ports, the official stubs as the client."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2_grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

from serving.local.flags import ServerFlags
from serving.local.server import RunningServer, serve

DEADLINE_SECONDS = 30.0
FLOATS = tf.TensorSpec([None], tf.float32)
STRINGS = tf.TensorSpec([None], tf.string)


class HalfPlus(tf.Module):
    """y = x / 2 + offset."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = tf.Variable(offset)

    @tf.function(input_signature=[FLOATS])
    def half_plus(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x / 2.0 + self.offset}

    # Writing to a named pipe waits until somebody reads it, which lets a test hold a request.
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def write(self, path: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([tf.io.write_file(path, "held")]):
            return {"path": tf.identity(path)}


class Shop(HalfPlus):
    """Signatures of several kinds."""

    def __init__(self) -> None:
        super().__init__(2.0)
        self.weights = tf.Variable([[1.0, 2.0, 3.0]])

    @tf.function(input_signature=[STRINGS, tf.TensorSpec([None, None], tf.string)])
    def join(self, query: tf.Tensor, item_id: tf.Tensor) -> dict[str, tf.Tensor]:
        text = query[:, tf.newaxis] + b" " + item_id
        return {"text": text, "length": tf.strings.length(text), "known": item_id != b""}

    # Tells how many rows were joined with one's own.
    @tf.function(input_signature=[FLOATS])
    def rows(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"rows": tf.fill(tf.shape(x), tf.shape(x)[0])}

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32)])
    def double(self, column: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": column * 2.0}

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32)])
    def project(self, column: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.matmul(column, self.weights)}

    @tf.function(input_signature=[FLOATS])
    def positive(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([tf.debugging.assert_positive(x, message="prices are above 0")]):
            return {"y": tf.identity(x)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def read(self, path: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"content": tf.io.read_file(path)}


@dataclass(frozen=True)
class Models:
    """SavedModel folders to copy from; nobody serves from them."""

    shop: Path
    versions: dict[int, Path]

    def publish(self, base_path: Path, version: int, source: Path | None = None) -> Path:
        """Put a version under a base path in one step, as an exporter does."""
        base_path.mkdir(exist_ok=True)
        beside = base_path / f"{version}.tmp"
        shutil.copytree(source or self.versions[version], beside)
        return beside.rename(base_path / str(version))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Versions 1 to 3 of y = x / 2 + version, and the shop."""
    folder = tmp_path_factory.mktemp("models")
    versions = {}
    for version in (1, 2, 3):
        module = HalfPlus(float(version))
        versions[version] = folder / f"half_plus_{version}"
        tf.saved_model.save(
            module,
            str(versions[version]),
            signatures={"serving_default": module.half_plus, "write": module.write},
        )
    shop = Shop()
    tf.saved_model.save(
        shop,
        str(folder / "shop"),
        signatures={
            "serving_default": shop.half_plus,
            "join": shop.join,
            "rows": shop.rows,
            "double": shop.double,
            "project": shop.project,
            "positive": shop.positive,
            "read": shop.read,
            "write": shop.write,
        },
    )
    return Models(folder / "shop", versions)


class Client:
    """The official stubs on one channel."""

    def __init__(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"localhost:{port}", options=[("grpc.max_receive_message_length", -1)])
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def predict(self, inputs: dict[str, Any], signature: str = "", **options: Any) -> Any:
        return self.prediction.Predict(predict_request(inputs, signature, **options), timeout=DEADLINE_SECONDS)

    def states(self, model: str = "shop") -> dict[int, int]:
        """The state of each version, by number."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        response = self.models.GetModelStatus(request, timeout=DEADLINE_SECONDS)
        return {entry.version: entry.state for entry in response.model_version_status}

    def metadata(self, *fields: str, model: str = "shop") -> Any:
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
        request.model_spec.name = model
        return self.prediction.GetModelMetadata(request, timeout=DEADLINE_SECONDS)


def predict_request(
    inputs: dict[str, Any],
    signature: str = "",
    *,
    model: str = "shop",
    version: int | None = None,
    outputs: tuple[str, ...] = (),
) -> predict_pb2.PredictRequest:
    """A request; an input that is no TensorProto is packed into one."""
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    for alias, value in inputs.items():
        is_proto = hasattr(value, "tensor_shape")
        request.inputs[alias].CopyFrom(value if is_proto else tf.make_tensor_proto(value))
    return request


def write_warmup(bundle: Path, requests: list[predict_pb2.PredictRequest]) -> Path:
    """Write warm-up requests into a bundle."""
    file = bundle / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(file)) as writer:
        for request in requests:
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.CopyFrom(request)
            writer.write(log.SerializeToString())
    return file


Start = Callable[..., tuple[RunningServer, Client]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers of the model `shop` on free ports; they stop at the end of the test."""
    running = []

    def begin(base_path: Path, **flags: Any) -> tuple[RunningServer, Client]:
        values: dict[str, Any] = {"port": 0, "model_name": "shop", "grpc_max_threads": 8} | flags
        server = serve(ServerFlags(model_base_path=base_path, **values))
        client = Client(server.port)
        running.append((server, client))
        return server, client

    yield begin
    for server, client in running:
        client.channel.close()
        server.stop(grace_seconds=1.0)


@pytest.fixture(scope="session")
def shop_client(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server with version 7 of the shop, which every test may send anything to."""
    base_path = tmp_path_factory.mktemp("served")
    models.publish(base_path, 7, models.shop)
    flags = ServerFlags(model_base_path=base_path, model_name="shop", port=0)
    with serve(flags) as server:
        client = Client(server.port)
        yield client
        client.channel.close()


class Pipe:
    """A named pipe: a graph that writes to its path waits until `release`."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    def release(self) -> None:
        """Let the graph go on; it must be there."""
        assert self.path.read_bytes() == b"held"

    def release_any(self) -> None:
        """Let a graph go on if there is one."""
        os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))


@pytest.fixture
def pipe(start: Start, tmp_path: Path) -> Iterator[Pipe]:
    """A named pipe whose writers end with the test, before its servers stop."""
    made = Pipe(tmp_path / "pipe")
    yield made
    made.release_any()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, at most 30 seconds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "did not come to hold in time"
        threading.Event().wait(0.01)


@dataclass(frozen=True)
class Tools:
    """What tests call, as a fixture, since tests import nothing of each other."""

    predict_request: Callable[..., predict_pb2.PredictRequest]
    write_warmup: Callable[[Path, list[predict_pb2.PredictRequest]], Path]
    until: Callable[[Callable[[], bool]], None]
    client: type[Client]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(predict_request, write_warmup, until, Client)
