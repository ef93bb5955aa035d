"""The series that TF Serving has, under its names and labels."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from serving.local.metrics import Counter, Histogram, exponential_limits, page
from serving.local.status import status_of

Request = TypeVar("Request")
Response = TypeVar("Response")

# Microseconds, 10 to about 20 minutes.
_LATENCIES = exponential_limits(10, 1.8, 33)
# Microseconds, 100 to about 1 second.
_QUEUING = exponential_limits(100, 1.2, 52)
_BATCH_SIZES = exponential_limits(1, 2, 14)
_EXAMPLES = exponential_limits(1, 2, 15)
# TF Serving counts a failed request under whatever name it gives, so that made-up names fill its memory. Here this many
# names of this length are; what comes beyond is counted together.
_MOST_NAMES = 1000
_LONGEST_NAME = 256
OTHER_NAMES = "(other)"
_SERVING = "/tensorflow/serving"
_LOADER = "/tensorflow/cc/saved_model"
_BATCHING = f"{_SERVING}/batching_session"


class ServingMetrics:
    """What a server has done since its start; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._requests = Counter(f"{_SERVING}/request_count", ["model_name", "status"])
        self._request_latency = Histogram(
            f"{_SERVING}/request_latency", ["model_name", "API", "entrypoint"], _LATENCIES
        )
        self._runtime_latency = Histogram(f"{_SERVING}/runtime_latency", ["model_name", "API", "runtime"], _LATENCIES)
        self._example_counts = Histogram(f"{_SERVING}/request_example_counts", ["model"], _EXAMPLES)
        self._logged = Counter(f"{_SERVING}/request_log_count", ["model_name", "status_code"])
        self._example_total = Counter(f"{_SERVING}/request_example_count_total", ["model"])
        self._warmup_latency = Histogram(f"{_SERVING}/model_warmup_latency", ["model_path", "status"], _LATENCIES)
        self._warmup_records = Counter(f"{_SERVING}/model_warmup_records_read", ["model_path", "status"])
        self._load_attempts = Counter(f"{_LOADER}/load_attempt_count", ["model_path", "status"])
        self._load_latency = Counter(f"{_LOADER}/load_latency", ["model_path"])
        self._queuing = Histogram(f"{_BATCHING}/queuing_latency", ["thread_pool_name"], _QUEUING)
        self._batch_runs = Counter(f"{_BATCHING}/wrapped_run_count")
        self._padding = Histogram(f"{_BATCHING}/padding_size", ["execution_batch_size"], _BATCH_SIZES)
        self._input_sizes = Histogram(f"{_BATCHING}/input_batch_size", [], _BATCH_SIZES)
        self._batch_sizes = Histogram(f"{_BATCHING}/processed_batch_size", [], _BATCH_SIZES)
        self._all: list[Counter | Histogram] = [
            metric for metric in vars(self).values() if isinstance(metric, Counter | Histogram)
        ]

    def page(self) -> str:
        """Write everything in the text that Prometheus reads."""
        return page(self._all)

    def request(self, model: str, api: str, entrypoint: str, code: grpc.StatusCode, seconds: float) -> None:
        """Count a request; how long it took counts where it went well.

        Args:
            model: the name that it gave.
            api: `Predict`, `Classify`, `Regress` over gRPC, the URL's word or nothing over REST.
            entrypoint: `GRPC` or `REST`.
            code: how it ended.
            seconds: how long it took.
        """
        self._requests.add(self._counted_as(model, code), code.name)
        if code == grpc.StatusCode.OK:
            self._request_latency.add(_micros(seconds), model, api, entrypoint)

    def _counted_as(self, model: str, code: grpc.StatusCode) -> str:
        """The name that a request is counted under: its own, where a model has answered to it or there is room for it."""
        with self._lock:
            room = len(self._names) < _MOST_NAMES and len(model) <= _LONGEST_NAME
            if model not in self._names and not room and code != grpc.StatusCode.OK:
                return OTHER_NAMES
            self._names.add(model)
            return model

    def measured(self, answer: Callable[[Any], Response], api: str) -> Callable[[Any], Response]:
        """Make a method of `Answers` count its gRPC requests.

        Args:
            answer: takes a request with a `model_spec`.
            api: `Predict`, `Classify` or `Regress`.

        Returns:
            The method; it answers and raises what the other does.
        """

        def answer_measured(request: Any) -> Response:
            start = time.monotonic()
            code = grpc.StatusCode.OK
            try:
                return answer(request)
            except Exception as error:
                code, _ = status_of(error)
                raise
            finally:
                self.request(request.model_spec.name, api, "GRPC", code, time.monotonic() - start)

        return answer_measured

    @contextmanager
    def runtime(self, model: str, api: str) -> Iterator[None]:
        """Take the time that a model runs, as the block; a block that raises counts nothing.

        Args:
            model: its name.
            api: `Predict`, `Classify` or `Regress`, over REST too.
        """
        start = time.monotonic()
        yield
        # TF Serving's runtime for SavedModels goes by this name, whichever TensorFlow wrote them.
        self._runtime_latency.add(_micros(time.monotonic() - start), model, api, "TF1")

    def logged(self, model: str, code: grpc.StatusCode) -> None:
        """Count a request that was sampled for a log.

        Args:
            model: its name.
            code: OK where it is in a file, RESOURCE_EXHAUSTED where too many waited, UNKNOWN where the disk failed.
        """
        self._logged.add(model, code.name)

    def examples(self, model: str, count: int) -> None:
        """Count the examples of a MultiInference request, the only one whose examples TF Serving counts."""
        self._example_counts.add(count, model)
        self._example_total.add(model, by=count)

    @contextmanager
    def load(self, model_path: str) -> Iterator[None]:
        """Take the time that a SavedModel loads, as the block, and whether it did.

        Args:
            model_path: the version's folder.
        """
        start = time.monotonic()
        status = "fail"
        try:
            yield
            status = "success"
        finally:
            self._load_attempts.add(model_path, status)
            self._load_latency.add(model_path, by=_micros(time.monotonic() - start))

    def warm_up(self, model_path: str, records: int, seconds: float, status: str = "OK") -> None:
        """Count a warm-up.

        Args:
            model_path: the version's folder.
            records: how many were run.
            seconds: how long they took together.
            status: `OK`, or the code and the reason as `DATA_LOSS: ...`.
        """
        self._warmup_latency.add(_micros(seconds), model_path, status)
        self._warmup_records.add(model_path, status, by=records)

    def batch_input(self, rows: int, tensors: int) -> None:
        """Count the rows of a request that is to be joined, once for each of its tensors."""
        for _ in range(tensors):
            self._input_sizes.add(rows)

    def batch(self, rows: int, padding: int, waited_seconds: Sequence[float], thread_pool: str) -> None:
        """Count a batch that is run.

        Args:
            rows: as it is run, padding included.
            padding: rows of it that nobody asked for.
            waited_seconds: how long each of its requests waited.
            thread_pool: `thread_pool_name` of the batching parameters.
        """
        for seconds in waited_seconds:
            self._queuing.add(_micros(seconds), thread_pool)
        self._padding.add(padding, str(rows))
        self._batch_sizes.add(rows)
        self._batch_runs.add()


def _micros(seconds: float) -> int:
    return int(seconds * 1e6)
