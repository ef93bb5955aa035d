"""The settings of request batching, from the file of `--batching_parameters_file`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.local.config_protos import BatchingParameters
from serving.local.errors import ServerError
from serving.local.flags import ServerFlags
from serving.local.text_protos import read_text_proto

FLAG = "batching_parameters_file"


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """How requests are joined; the defaults are TF Serving's.

    Args:
        max_batch_size: rows (pages) of a batch.
        timeout_seconds: how long a batch that is not full waits for more.
        max_enqueued_batches: of one signature; requests beyond them are refused.
        threads: batches that run at one time, of all models together.
        allowed_sizes: batches are filled up to one of these; empty for any size.
        thread_pool: name of these threads in the metrics.
        pad: whether requests that differ in other dimensions are joined.
    """

    max_batch_size: int = 1000
    timeout_seconds: float = 0.0
    max_enqueued_batches: int = 10
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    allowed_sizes: Sequence[int] = ()
    thread_pool: str = "model_server_batch_threads"
    pad: bool = False

    def filled_size(self, rows: int) -> int:
        """The number of rows that a batch is filled up to."""
        return next((size for size in self.allowed_sizes if size >= rows), rows)


def batch_settings_of(flags: ServerFlags) -> BatchSettings:
    """The settings of the file that the flags name, or TF Serving's defaults; raises `ServerError`."""
    file = flags.batching_parameters_file
    return BatchSettings() if file is None else read_batch_settings(file)


def read_batch_settings(file: Path) -> BatchSettings:
    """Read a `BatchingParameters` text proto.

    Args:
        file: its path.

    Returns:
        The settings, defaults filled in.

    Raises:
        ServerError: the file cannot be read, or its values do not go together.
    """
    message: Any = read_text_proto(file, BatchingParameters(), FLAG)
    given: dict[str, Any] = {}
    for name, to in (
        ("max_batch_size", "max_batch_size"),
        ("max_enqueued_batches", "max_enqueued_batches"),
        ("num_batch_threads", "threads"),
    ):
        if message.HasField(name):
            given[to] = getattr(message, name).value
            if given[to] < 1:
                raise ServerError(f"--{FLAG}={file}: {name} is {given[to]}; give at least 1")
    if message.HasField("thread_pool_name"):
        given["thread_pool"] = message.thread_pool_name.value
    if message.HasField("batch_timeout_micros"):
        given["timeout_seconds"] = message.batch_timeout_micros.value / 1e6
        if given["timeout_seconds"] < 0:
            raise ServerError(f"--{FLAG}={file}: batch_timeout_micros is below 0")
    for name in ("enable_large_batch_splitting", "max_execution_batch_size"):
        if message.HasField(name):
            raise ServerError(f"--{FLAG}={file}: {name} is not done by serving.local; leave it out or use TF Serving")
    sizes = list(message.allowed_batch_sizes)
    settings = BatchSettings(**given, allowed_sizes=tuple(sizes), pad=message.pad_variable_length_inputs)
    if sizes != sorted(set(sizes)) or (sizes and sizes[0] < 1):
        raise ServerError(f"--{FLAG}={file}: allowed_batch_sizes {sizes} must grow")
    if sizes and sizes[-1] != settings.max_batch_size:
        raise ServerError(
            f"--{FLAG}={file}: the last of allowed_batch_sizes is {sizes[-1]}, "
            f"max_batch_size is {settings.max_batch_size}; they must be the same"
        )
    return settings
