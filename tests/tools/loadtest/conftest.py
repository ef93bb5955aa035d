"""A real server with a small model, and one in front of it that can stall and fail."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
import pytest

from hand_made_ranker import write_version
from serving.local.flags import ServerFlags
from serving.local.server import serve

PREDICT = "/tensorflow.serving.PredictionService/Predict"


class Gate(grpc.GenericRpcHandler):
    """Passes calls on to a server; ``stall`` and ``refuse`` come between. ``last`` is the last Predict request."""

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._server = grpc.server(futures.ThreadPoolExecutor(64), handlers=[self])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.target = f"127.0.0.1:{self.port}"
        self._ended = threading.Event()
        self.last = b""
        self.stop_holding()
        self._server.start()

    def stop_holding(self) -> None:
        """Pass everything on at once."""
        self.predicted, self._stall_from, self._stall_seconds = 0, -1, 0.0
        self._until, self._every, self.code, self.delay = 0.0, 0, grpc.StatusCode.UNAVAILABLE, 0.0

    def stall(self, after: int, seconds: float) -> None:
        """Answer nothing for some seconds from the n-th Predict on."""
        self._stall_from, self._stall_seconds = self.predicted + after, seconds

    def refuse(self, every: int, code: grpc.StatusCode) -> None:
        """Let each n-th Predict fail."""
        self._every, self.code = every, code

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method
        forward = self._channel.unary_unary(method)

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            if method == PREDICT:
                self.last = request
                self._come_between(context)
            try:
                return forward(request, timeout=30)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return grpc.unary_unary_rpc_method_handler(answer)

    def _come_between(self, context: grpc.ServicerContext) -> None:
        self.predicted += 1
        if self.predicted == self._stall_from:
            self._until = time.monotonic() + self._stall_seconds
        self._ended.wait(max(self.delay, self._until - time.monotonic()))
        if self._every and self.predicted % self._every == 0:
            context.abort(self.code, "refused by the gate")

    def close(self) -> None:
        self._ended.set()
        self._server.stop(None).wait()
        self._channel.close()


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a server of the model ``hand``, version 4."""
    base = tmp_path_factory.mktemp("loadtest") / "hand"
    write_version(base / "4")
    with serve(ServerFlags(model_base_path=base, model_name="hand", port=0, grpc_max_threads=64)) as server:
        yield server.port


@pytest.fixture(scope="session")
def _gate(port: int) -> Iterator[Gate]:
    gate = Gate(port)
    yield gate
    gate.close()


@pytest.fixture
def gate(_gate: Gate) -> Iterator[Gate]:
    """A server that passes everything on until a test lets it stall or fail."""
    _gate.stop_holding()
    yield _gate
    _gate.stop_holding()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty recorded pages of 5 to 8 candidates."""
    path = tmp_path_factory.mktemp("pages") / "pages.jsonl"
    pages = [
        {
            "query": f"query {number}",
            "candidates": [str(10 * number + place) for place in range(5 + number % 4)],
            "user": {"user_id": f"u{number}"},
            "context": {"region": "north" if number % 2 else "south"},
        }
        for number in range(20)
    ]
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    return path
