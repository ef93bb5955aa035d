"""Logs of sampled Predict requests and their answers, as a model's `logging_config` wants them."""

import hashlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import grpc
from tensorflow_serving.apis import predict_pb2

from serving.local.models import Models
from serving.local.request_log_files import Answered, write_records, write_table
from serving.local.request_log_settings import SEARCH_LOG, LogSettings
from serving.local.serving_metrics import ServingMetrics

log = logging.getLogger(__name__)

REQUEST_ID = "x-request-id"
"""The gRPC metadata key under which clients send the id of a request."""
PART_REQUESTS = 1000
PART_SECONDS = 60.0
MAKING = ".making"


def is_sampled(request_id: str, rate: float) -> bool:
    """Whether a request is logged: the first 32 bits of its id's SHA-256, as a share of 2 ** 32, are below the rate.

    `shelfrank_client` follows the same rule, so that both log the same requests.
    """
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:4], "big") < rate * 2**32


class RequestLogs:
    """The logs of all models; a request never waits for them.

    Args:
        models: whose settings say what is logged.
        metrics: what is counted.
    """

    def __init__(self, models: Models, metrics: ServingMetrics) -> None:
        self._models = models
        self._metrics = metrics
        self._lock = threading.Lock()
        self._collectors: dict[tuple[str, Path], Collector] = {}

    def take(
        self,
        request: predict_pb2.PredictRequest,
        response: predict_pb2.PredictResponse,
        metadata: Callable[[], Iterable[tuple[str, str | bytes]]] = tuple,
    ) -> None:
        """Log a request that was answered, where its model wants it and it is sampled; raises nothing.

        Args:
            request: neither changes afterwards.
            response: its answer.
            metadata: gives that of the call; an id is drawn where it has none.
        """
        try:
            settings = self._models.get(request.model_spec.name).settings.log
            if settings is None:
                return
            request_id = str(dict(metadata()).get(REQUEST_ID) or uuid.uuid4().hex)
            if is_sampled(request_id, settings.rate):
                self._collector(settings).add(Answered(request_id, time.time(), request, response, settings.rate))
        except Exception:
            log.exception("a request of model %s could not be logged", request.model_spec.name)

    def close(self) -> None:
        """Write what waits."""
        with self._lock:
            collectors = list(self._collectors.values())
        for collector in collectors:
            collector.close()

    def _collector(self, settings: LogSettings) -> "Collector":
        key = settings.kind, settings.prefix
        with self._lock:
            if key not in self._collectors:
                self._collectors[key] = Collector(settings, self._metrics.logged)
            return self._collectors[key]


class Collector:
    """Keeps requests until there are enough of them for a file, which appears when it is complete.

    Args:
        settings: of the log.
        count: told of each request: the model's name, and what came of it.
    """

    def __init__(self, settings: LogSettings, count: Callable[[str, grpc.StatusCode], None]) -> None:
        self._prefix = settings.prefix
        table = settings.kind == SEARCH_LOG
        self._write_file, self._suffix = (write_table, ".csv.gz") if table else (write_records, ".tfrecord")
        self._count = count
        self._process = uuid.uuid4().hex[:12]
        self._number = 0
        self._waiting: list[Answered] = []
        self._changed = threading.Condition()
        self._closed = False
        self._complained = False
        self._remove_leftovers()
        self._writer = threading.Thread(target=self._run, name="request-log", daemon=True)
        self._writer.start()

    def add(self, answered: Answered) -> None:
        """Take a request; one more than two files hold is dropped and counted."""
        with self._changed:
            dropped = self._closed or len(self._waiting) >= 2 * PART_REQUESTS
            if not dropped:
                self._waiting.append(answered)
                if len(self._waiting) >= PART_REQUESTS:
                    self._changed.notify_all()
        if dropped:
            self._count(answered.model, grpc.StatusCode.RESOURCE_EXHAUSTED)

    def close(self, timeout_seconds: float = 10.0) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._writer.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or len(self._waiting) >= PART_REQUESTS, PART_SECONDS)
                taken, self._waiting, closed = self._waiting, [], self._closed
            if taken:
                self._write(taken)
            if closed:
                return

    def _write(self, taken: list[Answered]) -> None:
        self._number += 1
        started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name = f"{self._prefix.name}-{started}-{self._process}-{self._number:06d}{self._suffix}"
        making = self._prefix.with_name(f".{name}.{os.getpid()}{MAKING}")
        code = grpc.StatusCode.OK
        try:
            if self._write_file(taken, making):
                making.rename(self._prefix.with_name(name))
        except Exception as error:
            code = grpc.StatusCode.UNKNOWN
            if not self._complained:
                self._complained = True
                log.error("%d requests could not be logged to %s*: %s", len(taken), self._prefix, error)
        finally:
            if code != grpc.StatusCode.OK:
                making.unlink(missing_ok=True)
        for answered in taken:
            self._count(answered.model, code)

    def _remove_leftovers(self) -> None:
        """Files that a process was writing which is no more."""
        for path in self._prefix.parent.glob(f".{self._prefix.name}-*{MAKING}"):
            process = path.name.removesuffix(MAKING).rpartition(".")[2]
            if process.isdecimal() and not _runs(int(process)):
                path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
