"""Columns of a table, typed; faults of a whole column are collected."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig, TaskConfig
from trainer.data.declared_tasks import PREFIX
from trainer.data.schema import UNREADABLE
from trainer.data.tables import missing_columns
from trainer.data.values import as_id_lists, as_number, as_optional_label, as_text, as_vectors


def type_features(
    path: Path, raw: pd.DataFrame, features: Iterable[FeatureConfig], faults: list[str]
) -> dict[str, pd.Series]:
    """Declared features of a table as typed columns.

    Args:
        path: the file, for faults.
        raw: the rows as read.
        features: the declared features; a sequence whose column is missing is left out.
        faults: takes columns that hold another type throughout.

    Returns:
        By name: text (None where missing), float64, float32 arrays or lists of ids; and by name with ``!`` where a
        value could not be read.
    """
    columns: dict[str, pd.Series] = {}
    readers = {
        "number": (as_number, "numbers"),
        "embedding": (as_vectors, "lists of numbers"),
        "sequence": (as_id_lists, "lists of ids"),
    }
    for feature in features:
        if feature.name not in raw:
            continue
        if feature.kind in readers:
            reader, what = readers[feature.kind]
            columns[feature.name], bad = reader(raw[feature.name])
            columns[feature.name + UNREADABLE] = bad
            check_column(path, raw[feature.name], feature.name, bad, what, faults)
        else:
            columns[feature.name] = read_text(path, raw, feature.name, faults)
    return columns


def type_labels(path: Path, raw: pd.DataFrame, tasks: Iterable[TaskConfig], faults: list[str]) -> dict[str, pd.Series]:
    """The labels of declared tasks as typed columns.

    Args:
        path: the file, for faults.
        raw: the rows as read.
        tasks: as declared.
        faults: takes columns that are missing or hold another type throughout, with the path of the task in the config.

    Returns:
        By ``task.<name>``: float64, NaN where unknown; and by that with ``!`` where a value could not be read.
    """
    columns: dict[str, pd.Series] = {}
    for index, task in enumerate(tasks):
        found: list[str] = []
        if task.column not in raw:
            found.append(missing_columns(path, raw, [task.column]))
        else:
            reader, what = (as_optional_label, "0 and 1") if task.is_probability else (as_number, "numbers")
            columns[PREFIX + task.name], bad = reader(raw[task.column])
            columns[PREFIX + task.name + UNREADABLE] = bad
            check_column(path, raw[task.column], task.column, bad, what, found)
        faults += [f"tasks.{index}.column: {fault}" for fault in found]
    return columns


def read_text(path: Path, raw: pd.DataFrame, name: str, faults: list[str]) -> pd.Series:
    """A column as text; one of lists or structs, which Parquet can hold, is a fault of the file.

    Args:
        path: the file, for faults.
        raw: the rows as read.
        name: of the column.
        faults: takes the fault.
    """
    values = raw[name]
    nested = pd.Series(False, index=values.index)
    if values.dtype == object:
        nested = values.map(lambda v: isinstance(v, list | tuple | dict | np.ndarray)).astype(bool)
    check_column(path, values, name, nested, "plain values", faults)
    return as_text(values)


def check_column(path: Path, raw: pd.Series, name: str, bad: pd.Series, what: str, faults: list[str]) -> None:
    """A column none of whose values can be read is a fault of the file, not of its rows.

    Args:
        path: the file, for faults.
        raw: the column as read.
        name: of the column.
        bad: where a value can't be read, bool.
        what: that it should hold, in words.
        faults: takes the fault.
    """
    present = raw.notna()
    if present.any() and bad[present].all():
        row = int(present.argmax())
        found = " ".join(str(raw.iloc[row]).split())[:40]
        faults.append(f"{path}: column {name!r} holds no {what} (row {row + 1} has {found!r})")
