"""The server: its start, its looks for new versions and its end."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType

import grpc
from grpc_health.v1 import health

from serving.local.answers import Answers
from serving.local.batch_settings import batch_settings_of
from serving.local.batching import BatchScheduler
from serving.local.config_file import ConfigFile, models_of
from serving.local.flags import ServerFlags
from serving.local.grpc_interface import HOST, add_services, listening_server
from serving.local.models import Models
from serving.local.monitoring_config import metrics_path_of
from serving.local.request_log import RequestLogs
from serving.local.rest.rest_server import RestServer, RestSettings
from serving.local.serving_metrics import ServingMetrics

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
NOTICE = "serving.local is for laptops and tests; in production run TF Serving (tensorflow_model_server)."


class RunningServer:
    """A server that answers until `stop`; as a context manager it stops at the end of the block.

    Args:
        port: the port it listens on.
        models: what it serves.
        grpc_server: the started gRPC server.
        health_service: its health service.
        polls: what is called again and again, with the seconds between.
        rest: the REST interface, where there is one.
        logs: the logs of requests.
    """

    def __init__(
        self,
        port: int,
        models: Models,
        grpc_server: grpc.Server,
        health_service: health.HealthServicer,
        polls: Sequence[tuple[Callable[[], None], float]],
        rest: RestServer | None,
        logs: RequestLogs,
    ) -> None:
        self.port = port
        self.rest_port = None if rest is None else rest.port
        self._rest = rest
        self.logs = logs
        self.models = models
        self._grpc_server = grpc_server
        self._health_service = health_service
        self._stopping = threading.Event()
        # Daemons: a load that hangs must not keep the process alive.
        self._pollers = [
            threading.Thread(target=self._poll, args=poll, name=f"poll-{number}", daemon=True)
            for number, poll in enumerate(polls)
        ]
        for poller in self._pollers:
            poller.start()

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> bool:
        """Refuse new requests, let the running ones end, and unload the models.

        Args:
            grace_seconds: how long running requests may take; after it they are cancelled.

        Returns:
            Whether every request ended in time.
        """
        self._stopping.set()
        self._health_service.enter_graceful_shutdown()
        grpc_stopped = self._grpc_server.stop(grace_seconds)
        if self._rest is not None:
            self._rest.stop(grace_seconds)
        grpc_stopped.wait()
        for poller in self._pollers:
            poller.join(grace_seconds)
        self.logs.close()
        # The calls are over; a model that still computes for a cancelled one gets no second grace period.
        return self.models.close(timeout_seconds=0.1)

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _poll(self, look: Callable[[], None], seconds: float) -> None:
        while not self._stopping.wait(seconds):
            try:
                look()
            except Exception:  # the loop outlives what nobody foresaw
                log.exception("looking for what is new failed")


def serve(flags: ServerFlags) -> RunningServer:
    """Load the models and start to answer.

    Args:
        flags: what to serve and where.

    Returns:
        The running server; the caller stops it.

    Raises:
        ServerError: a file of the flags is wrong, the port is taken, or a model has no version that loads.
    """
    settings, configured = models_of(flags)
    metrics = ServingMetrics()
    batching = BatchScheduler(batch_settings_of(flags), metrics) if flags.enable_batching else None
    models = Models(settings, metrics, flags.allow_version_labels_for_unavailable_models, batching)
    answers = Answers(models, metrics)
    metrics_path = metrics_path_of(flags.monitoring_config_file)
    grpc_server, port = listening_server(flags)
    rest = None
    try:
        if flags.rest_api_port:
            rest_settings = RestSettings(
                threads=flags.rest_api_num_threads,
                timeout_ms=flags.rest_api_timeout_in_ms,
                cors=flags.rest_api_enable_cors_support,
                metrics=metrics,
                metrics_path=metrics_path,
            )
            rest = RestServer(answers, flags.rest_api_port, rest_settings)
        models.load()
    except BaseException:
        if rest is not None:
            rest.stop(0.0)
        # Only a server that was started gives its port back.
        grpc_server.start()
        grpc_server.stop(None).wait()
        models.close(timeout_seconds=0.1)
        raise
    health_service = add_services(grpc_server, answers, [model.name for model in settings], metrics)
    grpc_server.start()
    if rest is not None:
        rest.start()
    polls: list[tuple[Callable[[], None], float]] = []
    if flags.file_system_poll_wait_seconds > 0:
        polls.append((models.poll, flags.file_system_poll_wait_seconds))
    if configured is not None and flags.model_config_file_poll_wait_seconds > 0:
        polls.append((ConfigFile(configured, settings, models).poll, flags.model_config_file_poll_wait_seconds))
    return RunningServer(port, models, grpc_server, health_service, polls, rest, answers.logs)


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
        served = "; ".join(
            f"model {model.name}, version {', '.join(map(str, model.available()))}" for model in server.models.all()
        )
        print(f"Running gRPC server at {HOST}:{server.port}: {served}", flush=True)
        if server.rest_port is not None:
            print(f"Exporting HTTP/REST API at {HOST}:{server.rest_port}", flush=True)
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
