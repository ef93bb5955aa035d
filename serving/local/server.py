"""The gRPC server: its services, its poll for new versions, its start and its end."""

import logging
import os
import signal
import sys
import threading
from concurrent import futures
from types import FrameType, TracebackType

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.local.errors import ServerError
from serving.local.flags import ServerFlags
from serving.local.model_service import ModelService
from serving.local.prediction_service import SERVICE_NAME, PredictionService
from serving.local.served_model import ServedModel

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
NOTICE = "serving.local is for laptops and tests; in production run TF Serving (tensorflow_model_server)."
_HOST = "0.0.0.0"  # as tensorflow_model_server, so that containers reach it


class RunningServer:
    """A server that answers until `stop`; as a context manager it stops at the end of the block.

    Args:
        port: the port it listens on.
        model: the model it serves.
        grpc_server: the started gRPC server.
        health_service: its health service.
        poll_seconds: time between looks for a new version; 0 for none.
    """

    def __init__(
        self,
        port: int,
        model: ServedModel,
        grpc_server: grpc.Server,
        health_service: health.HealthServicer,
        poll_seconds: float,
    ) -> None:
        self.port = port
        self.model = model
        self._grpc_server = grpc_server
        self._health_service = health_service
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._poller: threading.Thread | None = None
        if poll_seconds > 0:
            # Daemon: a load that hangs must not keep the process alive.
            self._poller = threading.Thread(target=self._poll, name="poll-versions", daemon=True)
            self._poller.start()

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> bool:
        """Refuse new requests, let the running ones end, and unload the model.

        Args:
            grace_seconds: how long running requests may take; after it they are cancelled.

        Returns:
            Whether every request ended in time.
        """
        self._stopping.set()
        self._health_service.enter_graceful_shutdown()
        self._grpc_server.stop(grace_seconds).wait()
        if self._poller is not None:
            self._poller.join(grace_seconds)
        # The calls are over; a model that still computes for a cancelled one gets no second grace period.
        return self.model.close(timeout_seconds=0.1)

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _poll(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            try:
                self.model.poll()
            except Exception:  # the loop outlives what nobody foresaw
                log.exception("looking for a new version failed")


def serve(flags: ServerFlags) -> RunningServer:
    """Load the greatest version and start to answer.

    Args:
        flags: what to serve and where.

    Returns:
        The running server; the caller stops it.

    Raises:
        ServerError: the port is taken, or there is no version that loads.
    """
    grpc_server = grpc.server(
        futures.ThreadPoolExecutor(flags.grpc_max_threads, thread_name_prefix="grpc"),
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            # Otherwise a second server on the port starts without an error and takes half of the requests.
            ("grpc.so_reuseport", 0),
        ],
    )
    try:
        port = grpc_server.add_insecure_port(f"{_HOST}:{flags.port}")
    except RuntimeError:
        raise ServerError(
            f"cannot listen on port {flags.port}: taken or not allowed; give another --port (0: a free one)"
        ) from None
    model = ServedModel(flags.model_name, flags.model_base_path)
    try:
        model.load_latest()
    except BaseException:
        # Only a server that was started gives its port back.
        grpc_server.start()
        grpc_server.stop(None).wait()
        raise
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(model), grpc_server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(model), grpc_server)
    health_service = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_service, grpc_server)
    for service in ("", SERVICE_NAME, flags.model_name):
        health_service.set(service, health_pb2.HealthCheckResponse.SERVING)
    grpc_server.start()
    return RunningServer(port, model, grpc_server, health_service, flags.file_system_poll_wait_seconds)


def serve_until_stopped(flags: ServerFlags, grace_seconds: float = GRACE_SECONDS) -> None:
    """Serve until SIGTERM or SIGINT; call it from the main thread. A second signal ends the process at once.

    Prints that the server is a local one and, once it answers, `Running gRPC server at HOST:PORT: ...`.

    Args:
        flags: what to serve and where.
        grace_seconds: how long running requests may take after the signal.

    Raises:
        ServerError: as `serve`.
    """
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        stopping.set()

    print(NOTICE, flush=True)
    for number in before:
        signal.signal(number, stop)
    try:
        server = serve(flags)
        versions = ", ".join(str(status.version) for status in server.model.statuses())
        print(
            f"Running gRPC server at {_HOST}:{server.port}: model {flags.model_name}, version {versions}",
            flush=True,
        )
        stopping.wait()
        ended = server.stop(grace_seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not ended:
        log.warning("requests that ran longer than %g s after the signal are cut off", grace_seconds)
        sys.stdout.flush()
        sys.stderr.flush()
        # Python would wait for the threads that still run them.
        os._exit(0)
    print("Stopped.", flush=True)
