"""TensorBoard's HParams table over the runs of a study."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api, api_pb2, summary, summary_v2
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tools.study.finished import FinishedRun, FinishedStudy
from trainer.config import Experiment

FOLDER = "tensorboard"
Value = str | float


def write_hparams(finished: FinishedStudy) -> Path:
    """Write one table: a row a finished run, a column for the variant, the seed, each key that varies and each metric.

    Args:
        finished: the runs.

    Returns:
        The folder for ``tensorboard --logdir``; what was there is replaced.
    """
    folder = finished.study.folder / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    rows = [settings_of(finished, run) for run in finished.runs]
    titles = [metric.title for metric in finished.study.metrics]
    columns = [api.HParam(name) for name in (rows[0] if rows else {})]
    _write(folder, summary_v2.hparams_config_pb(columns, [api.Metric(title) for title in titles]))
    for run, row in zip(finished.runs, rows, strict=True):
        name = f"{run.plan.variant}/seed-{run.plan.seed}"
        scalars = [
            scalar_pb(metric.title, value)
            for metric in finished.study.metrics
            if (value := run.value(metric)) is not None
        ]
        end = summary.session_end_pb(api_pb2.STATUS_SUCCESS)
        _write(folder / name, summary_v2.hparams_pb(row, trial_id=name), *scalars, end)
    return folder


def settings_of(finished: FinishedStudy, run: FinishedRun) -> dict[str, Value]:
    """What distinguishes a run: variant, seed and the value of each key that a variant overrides; numbers where all are."""
    keys = dict.fromkeys(
        key
        for variant in finished.study.variants
        for name, value in variant.overrides.items()
        for key in _flat(name, value)
    )
    found: dict[str, Value] = {"variant": run.plan.variant, "seed": float(run.plan.seed)}
    for key in keys:
        column = [_value(other.plan.experiment, key) for other in finished.runs]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in column)
        value = _value(run.plan.experiment, key)
        found[key] = float(value) if numbers else "none" if value is None else str(value)
    return found


def _flat(key: str, value: Any) -> Iterator[str]:
    """The dotted keys below a value; those of a mapping are its leaves."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner)
    else:
        yield key


def _value(experiment: Experiment, key: str) -> Any:
    """The value at a dotted key; None where the experiment has nothing there."""
    node: Any = experiment.model_dump(mode="json")
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _write(folder: Path, *summaries: Message) -> None:
    writer = EventFileWriter(str(folder))
    for part in summaries:
        # TensorBoard makes summaries of TensorFlow's class where that is installed, and its writer takes its own.
        writer.add_event(Event(summary=Summary.FromString(part.SerializeToString()), step=0, wall_time=time.time()))
    writer.close()
