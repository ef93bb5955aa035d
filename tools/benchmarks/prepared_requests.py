"""Predict requests made beforehand, one file each, so that what sends them spends no time on making them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc
import numpy as np

METHOD = "/tensorflow.serving.PredictionService/Predict"
DEADLINE_SECONDS = 60.0
SUFFIX = ".binpb"


def write_requests(folder: Path, model: str, version: int, request: Mapping[str, np.ndarray]) -> None:
    """Write each page of a batched request as a request of its own.

    Args:
        folder: is made.
        model: the model's name.
        version: of the model.
        request: as `trainer.export.requests.page_request` makes it, P pages.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    folder.mkdir()
    pages = min(len(values) for values in request.values())
    for row in range(pages):
        message = predict_pb2.PredictRequest()
        message.model_spec.name = model
        message.model_spec.version.value = version
        for name, values in request.items():
            one = values[row : row + 1]
            given = np.char.encode(one, "utf-8").astype(object) if one.dtype.kind == "U" else one
            message.inputs[name].CopyFrom(tf.make_tensor_proto(given))
        (folder / f"{row}{SUFFIX}").write_bytes(message.SerializeToString())


def read_requests(folder: Path) -> list[bytes]:
    """The requests of a folder, in their order, as they are sent."""
    return [(folder / f"{row}{SUFFIX}").read_bytes() for row in range(len(list(folder.glob(f"*{SUFFIX}"))))]


def sender(channel: grpc.Channel, requests: list[bytes]) -> Callable[[int], bytes]:
    """A bare stub: what sends request number i, going round them, and gives the answer's bytes.

    Args:
        channel: to the server.
        requests: as `read_requests` reads them.

    Raises:
        SystemExit: by what it gives, where the server does not answer; with the status in one line.
    """
    stub = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)

    def send(number: int) -> bytes:
        try:
            answer: bytes = stub(requests[number % len(requests)], timeout=DEADLINE_SECONDS)
        except grpc.RpcError as error:
            # The last line that the process writes is what its starter shows.
            sys.exit(f"request {number % len(requests)}: {error.code().name}: {error.details()}")
        return answer

    return send
