"""Joining of requests into batches along the first dimension, as TF Serving's batching session does it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import grpc
import tensorflow as tf

from serving.local.batch_settings import BatchSettings
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import RequestError, invalid_argument

Tensors = Mapping[str, tf.Tensor]


@dataclass
class _Task:
    inputs: Tensors
    rows: int
    answer: "Future[Tensors]" = field(default_factory=Future)
    begun: float = field(default_factory=time.monotonic)


@dataclass
class _Batch:
    due: float
    tasks: list[_Task] = field(default_factory=list)
    rows: int = 0
    closed: bool = False


class BatchQueue:
    """The requests of one signature that wait to be joined.

    Args:
        scheduler: whose threads run the batches.
        call: runs the signature.
    """

    def __init__(self, scheduler: "BatchScheduler", call: Callable[[Tensors], Tensors]) -> None:
        self.batches: deque[_Batch] = deque()
        self.call = call
        self._scheduler = scheduler

    def run(self, inputs: Tensors) -> Tensors:
        """Run a request as part of a batch.

        Args:
            inputs: by alias; the first dimension, the rows, is the same for all.

        Returns:
            The outputs of its rows.

        Raises:
            RequestError: INVALID_ARGUMENT for inputs that cannot be joined, UNAVAILABLE where the queue is full.
            tf.errors.OpError: an op of the model refused the batch.
        """
        return self._scheduler.submit(self, _Task(inputs, _rows(inputs))).result()


class BatchScheduler:
    """Threads that run the batches of all models.

    Args:
        settings: sizes and times.
        metrics: what is counted.
    """

    def __init__(self, settings: BatchSettings, metrics: ServingMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._changed = threading.Condition()
        # Queues with batches, each once, in the order in which they take their turn.
        self._waiting: deque[BatchQueue] = deque()
        self._stopping = False
        # Daemons: a batch that hangs must not keep the process alive.
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(settings.threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, queue: BatchQueue, task: _Task) -> "Future[Tensors]":
        """Put a request into a queue; raises as `BatchQueue.run`."""
        settings = self._settings
        self._metrics.batch_input(task.rows, len(task.inputs))
        if task.rows > settings.max_batch_size:
            raise invalid_argument(
                f"Task size {task.rows} is larger than maximum input batch size {settings.max_batch_size}"
            )
        with self._changed:
            batches = queue.batches
            if not batches or batches[-1].closed or batches[-1].rows + task.rows > settings.max_batch_size:
                if len(batches) >= settings.max_enqueued_batches:
                    raise RequestError(
                        grpc.StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; currently "
                        f"{len(batches)} batches enqueued and max_enqueued_batches is {settings.max_enqueued_batches}",
                    )
                if batches:
                    batches[-1].closed = True
                else:
                    self._waiting.append(queue)
                batches.append(_Batch(time.monotonic() + settings.timeout_seconds))
            batches[-1].tasks.append(task)
            batches[-1].rows += task.rows
            batches[-1].closed = batches[-1].rows == settings.max_batch_size
            self._changed.notify()
        return task.answer

    def stop(self) -> None:
        """End the threads once what is queued has run."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=1.0)

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            queue, batch = taken
            began = time.monotonic()
            size = self._settings.filled_size(batch.rows)
            waited = [began - task.begun for task in batch.tasks]
            self._metrics.batch(size, size - batch.rows, waited, self._settings.thread_pool)
            try:
                answers = _run(queue.call, batch.tasks, self._settings)
            except BaseException as error:
                for task in batch.tasks:
                    task.answer.set_exception(error)
            else:
                for task, outputs in zip(batch.tasks, answers, strict=True):
                    task.answer.set_result(outputs)

    def _next(self) -> tuple[BatchQueue, _Batch] | None:
        """Wait for a batch that is full or due; None at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                soonest = None
                for _ in range(len(self._waiting)):
                    queue = self._waiting.popleft()
                    batch = queue.batches[0]
                    if batch.closed or batch.due <= now or self._stopping:
                        queue.batches.popleft()
                        if queue.batches:
                            self._waiting.append(queue)
                            self._changed.notify()
                        return queue, batch
                    self._waiting.append(queue)
                    soonest = batch.due if soonest is None else min(soonest, batch.due)
                if self._stopping:
                    return None
                self._changed.wait(None if soonest is None else soonest - now)


def _rows(inputs: Tensors) -> int:
    if not inputs:
        raise invalid_argument("batching needs an input")
    if any(tensor.shape.rank == 0 for tensor in inputs.values()):
        raise invalid_argument("Batching session Run() input tensors must have at least one dimension")
    sizes = {tensor.shape[0] for tensor in inputs.values()}
    if len(sizes) != 1:
        raise invalid_argument("Batching session Run() input tensors must have equal 0th-dimension size")
    (rows,) = sizes
    if rows == 0:
        raise invalid_argument("Batching session Run() input tensors have no row")
    return int(rows)


def _run(call: Callable[[Tensors], Tensors], tasks: list[_Task], settings: BatchSettings) -> list[dict[str, tf.Tensor]]:
    rows = sum(task.rows for task in tasks)
    filling = settings.filled_size(rows) - rows
    inputs = {
        alias: _joined([t.inputs[alias] for t in tasks], alias, filling, settings.pad) for alias in tasks[0].inputs
    }
    outputs = call(inputs)
    answers: list[dict[str, tf.Tensor]] = [{} for _ in tasks]
    for alias, tensor in outputs.items():
        if tensor.shape.rank == 0:
            raise RequestError(grpc.StatusCode.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if tensor.shape[0] != rows + filling:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the "
                "input tensors",
            )
        parts = tf.split(tensor, [*(task.rows for task in tasks), filling])
        for answer, part in zip(answers, parts, strict=False):
            answer[alias] = part
    return answers


def _joined(tensors: list[tf.Tensor], alias: str, filling: int, pad: bool) -> tf.Tensor:
    """Put the tensors of an input behind each other, and behind them the last one's first row, `filling` times."""
    shapes = [tensor.shape.as_list()[1:] for tensor in tensors]
    if any(shape != shapes[0] for shape in shapes):
        if not pad or len({len(shape) for shape in shapes}) > 1:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"Tensors with name '{alias}' from different tasks have different shapes and padding is turned off. "
                "Set pad_variable_length_inputs to true, or ensure that all tensors with the same name have equal "
                "dimensions starting with the first dim.",
            )
        largest = [max(sizes) for sizes in zip(*shapes, strict=True)]
        tensors = [_padded(tensor, largest) for tensor in tensors]
    return tf.concat([*tensors, *[tensors[-1][:1]] * filling], 0)


def _padded(tensor: tf.Tensor, sizes: list[int]) -> tf.Tensor:
    """Fill the dimensions after the first with the tensor's first value, which is what TF Serving takes."""
    more = [[0, 0], *([0, size - have] for size, have in zip(sizes, tensor.shape.as_list()[1:], strict=True))]
    if not any(after for _, after in more):
        return tensor
    empty = tf.zeros([], tensor.dtype) if tensor.dtype != tf.string else tf.constant("")
    first = tf.reshape(tensor, [-1])[0] if tf.size(tensor) else empty
    return tf.pad(tensor, more, constant_values=first)
