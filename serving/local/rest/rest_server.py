"""The HTTP server of the REST interface: threads, time limit, end."""

import contextlib
import logging
import socket
import sys
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any

from serving.local.answers import Answers
from serving.local.errors import ServerError
from serving.local.rest.http_handler import RestHandler
from serving.local.rest.rest_api import Reply, RestApi
from serving.local.serving_metrics import ServingMetrics

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class RestSettings:
    """How the interface works.

    Args:
        threads: requests answered at one time; more of them wait.
        timeout_ms: how long a request may take before it gets DEADLINE_EXCEEDED; 0 and less set no limit.
        cors: whether answers allow scripts of web pages of any origin.
        metrics: counts the requests.
        metrics_path: where the metrics are served; None for nowhere.
    """

    threads: int = 8
    timeout_ms: int = 30_000
    cors: bool = False
    metrics: ServingMetrics = field(default_factory=ServingMetrics)
    metrics_path: str | None = None


class Connections:
    """The open connections."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._shut: list[int] = []

    def add(self, connection: socket.socket) -> None:
        """Take up a connection, shut as the others are."""
        with self._changed:
            self._open.add(connection)
            for how in self._shut:
                _shut(connection, how)

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def shut(self, how: int) -> None:
        """Shut one direction of all connections, or both (`socket.SHUT_RD`, ...); of those to come too."""
        with self._changed:
            self._shut.append(how)
            for connection in self._open:
                _shut(connection, how)

    def wait(self, seconds: float) -> bool:
        """Wait until none is open; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, seconds)


def _shut(connection: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # the client was faster
        connection.shutdown(how)


class ListeningServer(ThreadingHTTPServer):
    """A thread for each connection, and a limited number of threads that answer.

    Args:
        address: host and port.
        api: answers.
        settings: how.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: RestApi, settings: RestSettings) -> None:
        self.settings = settings
        self.connections = Connections()
        self.stopping = threading.Event()
        self._api = api
        self.workers = futures.ThreadPoolExecutor(settings.threads, thread_name_prefix="rest")
        super().__init__(address, RestHandler)

    def answer(self, http_method: str, target: str, body: bytes) -> Reply:
        """Answer a request, or say that it took too long; the model is not interrupted then."""
        started = self.workers.submit(self._api.answer, http_method, target, body)
        limit = self.settings.timeout_ms
        try:
            return started.result(limit / 1000 if limit > 0 else None)
        except futures.TimeoutError:
            started.cancel()
            return self._api.timed_out(http_method, target, limit)

    def server_bind(self) -> None:
        """Bind without asking the name service for the host's name, which may take seconds."""
        TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what ended a connection."""
        if isinstance(sys.exception(), ConnectionError):
            log.debug("connection of %s ended", client_address, exc_info=True)
        else:
            log.exception("connection of %s failed", client_address)


class RestServer:
    """The REST interface on a port; as a context manager it starts, and stops at the end of the block.

    Args:
        answers: what answers.
        port: where to listen, 0 for a free port; taken at once, answered on from `start`.
        settings: how.
        host: address to listen on.

    Raises:
        ServerError: the port cannot be had.
    """

    def __init__(
        self, answers: Answers, port: int, settings: RestSettings | None = None, host: str = "0.0.0.0"
    ) -> None:
        try:
            self._server = ListeningServer((host, port), RestApi(answers), settings or RestSettings())
        except OSError as error:
            raise ServerError(
                f"cannot listen on REST port {port}: {error.strerror}; give another --rest_api_port"
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_SECONDS,), name="rest-accept", daemon=True
        )

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self, grace_seconds: float = 5.0) -> bool:
        """Refuse new connections and requests, and let the running ones end.

        Args:
            grace_seconds: how long they may take; after it their connections are cut.

        Returns:
            Whether every request ended in time.
        """
        deadline = time.monotonic() + grace_seconds
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        # Idle connections end by this; those with a request can still send its answer.
        self._server.connections.shut(socket.SHUT_RD)
        ended = self._server.connections.wait(max(0.0, deadline - time.monotonic()))
        self._server.connections.shut(socket.SHUT_RDWR)
        self._server.workers.shutdown(wait=False, cancel_futures=True)
        return ended

    def __enter__(self) -> "RestServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
