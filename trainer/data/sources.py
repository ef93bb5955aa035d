"""The tables of an experiment, read, typed and checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from trainer.config import DataConfig, Experiment, FeatureConfig
from trainer.data import schema
from trainer.data.attribution import OpenPurchases, open_purchases
from trainer.data.columns import check_column, read_text, type_features, type_labels
from trainer.data.continued_log import BaseData, with_earlier
from trainer.data.label_joining import join_labels
from trainer.data.page_building import PROPENSITY
from trainer.data.parts import parts_of
from trainer.data.rejections import Rejections
from trainer.data.schema import UNREADABLE
from trainer.data.tables import missing_columns, read_table
from trainer.data.validation import find_faults
from trainer.data.values import as_label, as_number, as_time
from trainer.errors import InputError
from trainer.score.columns import column_faults, item_columns

LOG_COLUMNS = ["request_id", "timestamp", "user_id", "query", "item_id"]
LABELS = ["clicked", "purchased"]
TIMES = "times (ISO 8601 text, or seconds since 1970)"
SPARED = ("clicks", "orders")
"""Tables whose rejected rows are reported but do not stop a run."""


@dataclass(frozen=True)
class Sources:
    """Valid rows of all tables.

    Attributes:
        items: ``item_id``, the text columns, the declared item features and ``text``; index 0..I-1.
        users: ``user_id`` and the declared user features, or None.
        log: ``request_id``, ``timestamp``, ``user_id``, ``query``, ``item_id``, ``position`` (0 where unknown),
            ``clicked``, ``purchased``, the declared context features, ``task.<name>`` of each declared task, and
            ``propensity`` where the table has it; or None.
        judgments: ``query``, ``item_id``, ``relevance``, or None.
        rejections: the other rows.
        rows: rows of each table as read.
        open_purchases: purchase labels that are not settled, or None without ``data.attribution``.
        parts: the files that were read, by table; a log may grow meanwhile.
    """

    items: pd.DataFrame
    users: pd.DataFrame | None
    log: pd.DataFrame | None
    judgments: pd.DataFrame | None
    rejections: Rejections
    rows: dict[str, int]
    open_purchases: OpenPurchases | None = None
    parts: dict[str, list[Path]] = field(default_factory=dict)

    def too_many_rejected(self, limit: float) -> list[str]:
        """The tables of which more than a share of the rows was rejected, in words."""
        tables = (table for table in self.rows if table not in SPARED)
        return [fault for t in tables if (fault := self.rejections.too_many(t, self.rows[t], limit))]


def source_files(data: DataConfig) -> dict[str, Path]:
    """The files of an experiment by table, in the order in which they are read."""
    files = {"items": data.items, "users": data.users, "search_log": data.search_log}
    if data.events is not None:
        files |= {"impressions": data.events.impressions, "clicks": data.events.clicks, "orders": data.events.orders}
    files["judgments"] = data.judgments
    return {table: path for table, path in files.items() if path is not None}


def read_sources(experiment: Experiment, base: BaseData | None = None) -> Sources:
    """Read and check every table.

    Args:
        experiment: which files, text columns and features.
        base: the data of the run that is continued: its items and users stay known where the tables lack them.

    Returns:
        The valid rows, and the rejected ones with their reasons.

    Raises:
        InputError: naming, all at once, files that can't be read, columns that are missing or hold another type.
    """
    reader = _Reader(experiment)
    files = source_files(experiment.data)
    raw = {table: reader.read(table, path) for table, path in files.items()}
    typed = {t: reader.type_rows(t, files[t], frame) for t, frame in raw.items() if frame is not None}
    if reader.faults:
        raise InputError("; ".join(reader.faults))

    rejections = Rejections()
    features = experiment.features
    items = _checked(
        "items", typed["items"], schema.items_schema(experiment.data.text[0], item_columns(experiment)), rejections
    )
    items = with_earlier(items, None if base is None else base.items, "item_id")
    item_ids = (items["item_id"], typed["items"]["item_id"])
    users = None
    if "users" in typed:
        users = _checked(
            "users", typed["users"], schema.users_schema(_there(features.users, typed["users"])), rejections
        )
        users = with_earlier(users, None if base is None else base.users, "user_id")
    log, table = typed.get("search_log"), "search_log"
    if experiment.data.events is not None:
        events, table = experiment.data.events, "impressions"
        log = join_labels(typed["impressions"], typed["clicks"], typed.get("orders"), events, rejections)
    if log is not None:
        positions_needed = experiment.data.log == "impressions"
        context = _there(features.context, log)
        rules = schema.search_log_schema(
            *item_ids, positions_needed, context, experiment.tasks, propensities=PROPENSITY in log
        )
        log = _checked(table, log, rules, rejections)
        log = log.assign(position=log["position"].fillna(0)).astype(
            {"position": "int32", **dict.fromkeys(LABELS, "int8")}
        )
    unsettled = None
    if log is not None and experiment.data.attribution is not None and len(log):
        known = [typed[name]["timestamp"].max() for name in ("clicks", "orders") if name in typed]
        end = pd.Series([log["timestamp"].max(), *known]).max()
        log, unsettled = open_purchases(log, experiment.data.attribution, end)
    judgments = typed.get("judgments")
    if judgments is not None:
        judgments = _checked("judgments", judgments, schema.judgments_schema(*item_ids), rejections)
    rows = {table: len(frame) for table, frame in raw.items() if frame is not None}
    return Sources(_with_text(items, experiment), users, log, judgments, rejections, rows, unsettled, reader.parts)


def read_items(path: Path, experiment: Experiment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table of items with the text columns and features of an experiment.

    Args:
        path: the file.
        experiment: which text columns and features.

    Returns:
        Valid items as `Sources.items`, and the rejected rows: ``row``, ``item_id``, ``reason``.

    Raises:
        InputError: if the file can't be read, or a column is missing or holds another type.
    """
    reader = _Reader(experiment)
    raw = reader.read("items", path)
    typed = None if raw is None else reader.type_rows("items", path, raw)
    if reader.faults or typed is None:
        raise InputError("; ".join(reader.faults))
    rejections = Rejections()
    rules = schema.items_schema(experiment.data.text[0], item_columns(experiment))
    items = _checked("items", typed, rules, rejections)
    return _with_text(items, experiment), rejections.frame[["row", "item_id", "reason"]]


def read_judgments(path: Path, items: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table of judgments of some items.

    Args:
        path: the file.
        items: a table with ``item_id``.

    Returns:
        Valid ``query``, ``item_id``, ``relevance``; and the rejected rows: ``row``, ``query``, ``item_id``, ``reason``.

    Raises:
        InputError: if the file can't be read, or a column is missing or holds another type.
    """
    raw = read_table(path, ["query", "item_id", "relevance"])
    faults: list[str] = []
    typed = _type_judgments(path, raw, faults)
    if faults:
        raise InputError("; ".join(faults))
    rejections = Rejections()
    ids = items["item_id"]
    valid = _checked("judgments", typed, schema.judgments_schema(ids, ids), rejections)
    return valid, rejections.frame[["row", "query", "item_id", "reason"]]


class _Reader:
    """Reads and types tables, and collects the faults that concern a whole file or column."""

    def __init__(self, experiment: Experiment) -> None:
        self.data, self.features, self.experiment = experiment.data, experiment.features, experiment
        self.faults: list[str] = []
        self.parts: dict[str, list[Path]] = {}

    def read(self, table: str, path: Path) -> pd.DataFrame | None:
        self.parts[table] = parts_of(path)
        try:
            return read_table(path, self._columns(table), self.parts[table])
        except InputError as error:
            self.faults.append(str(error))
            return None

    def _columns(self, table: str) -> list[str]:
        """The columns that a table must have."""
        log = [*LOG_COLUMNS, *(["position"] if self.data.log == "impressions" else [])]
        context = _needed(self.features.context)
        return {
            "items": ["item_id", *self.data.text, *_needed(self.features.items)],
            "users": ["user_id", *_needed(self.features.users)],
            "search_log": [*log, *LABELS, *context],
            "impressions": [*log, *context],
            "clicks": ["item_id", "timestamp"],
            "orders": ["item_id", "timestamp"],
            "judgments": ["query", "item_id", "relevance"],
        }[table]

    def type_rows(self, table: str, path: Path, raw: pd.DataFrame) -> pd.DataFrame:
        """Typed columns of one table; the index stays the place in the file."""
        if table == "items":
            columns = {n: read_text(path, raw, n, self.faults) for n in ("item_id", *self.data.text)}
            faults = column_faults(path, raw, self.experiment)
            self.faults += faults
            features = self.features.items if faults else item_columns(self.experiment)
            return pd.DataFrame(columns | type_features(path, raw, features, self.faults))
        if table == "users":
            columns = {"user_id": read_text(path, raw, "user_id", self.faults)}
            return pd.DataFrame(columns | type_features(path, raw, self.features.users, self.faults))
        if table == "judgments":
            return _type_judgments(path, raw, self.faults)
        if table in SPARED:
            return self._type_events(path, raw)
        return self._type_log(path, raw)

    def _type_log(self, path: Path, raw: pd.DataFrame) -> pd.DataFrame:
        columns: dict[str, pd.Series] = {
            name: read_text(path, raw, name, self.faults) for name in ("request_id", "user_id", "query", "item_id")
        }
        for name in ("user_id", "query"):
            columns[name] = columns[name].fillna("")
        columns["timestamp"] = self._readable(path, raw, "timestamp", as_time(raw["timestamp"]), TIMES)
        position = raw["position"] if "position" in raw else pd.Series(None, index=raw.index, dtype="float64")
        columns["position"], columns["position" + UNREADABLE] = as_number(position)
        if "position" in raw:
            self._readable(path, raw, "position", columns["position"], "numbers")
        for name in LABELS:
            if name in raw:
                columns[name] = self._readable(path, raw, name, as_label(raw[name]), "0 and 1")
        if PROPENSITY in raw:
            columns[PROPENSITY], bad = as_number(raw[PROPENSITY])
            columns[PROPENSITY + UNREADABLE] = bad
            check_column(path, raw[PROPENSITY], PROPENSITY, bad, "numbers", self.faults)
        columns |= type_labels(path, raw, self.experiment.tasks, self.faults)
        return pd.DataFrame(columns | type_features(path, raw, self.features.context, self.faults))

    def _type_events(self, path: Path, raw: pd.DataFrame) -> pd.DataFrame:
        if not {"request_id", "user_id"} & set(raw.columns):
            self.faults.append(missing_columns(path, raw, ["request_id", "user_id"]) + "; one of the two is needed")
        nobody = pd.Series(None, index=raw.index, dtype=object)
        names = ("request_id", "user_id", "item_id")
        columns = {n: read_text(path, raw, n, self.faults) if n in raw else nobody for n in names}
        columns["timestamp"] = self._readable(path, raw, "timestamp", as_time(raw["timestamp"]), TIMES)
        return pd.DataFrame(columns)

    def _readable(self, path: Path, raw: pd.DataFrame, name: str, typed: pd.Series, what: str) -> pd.Series:
        check_column(path, raw[name], name, typed.isna() & raw[name].notna(), what, self.faults)
        return typed


def _type_judgments(path: Path, raw: pd.DataFrame, faults: list[str]) -> pd.DataFrame:
    relevance, bad = as_number(raw["relevance"])
    check_column(path, raw["relevance"], "relevance", bad, "numbers", faults)
    columns = {name: read_text(path, raw, name, faults) for name in ("query", "item_id")}
    return pd.DataFrame({**columns, "relevance": relevance})


def _needed(features: Iterable[FeatureConfig]) -> list[str]:
    """Names of the features that must have a column; a history can be made from clicks."""
    return [f.name for f in features if not (f.kind == "sequence" and f.name == "history")]


def _there(features: list[FeatureConfig], frame: pd.DataFrame) -> list[FeatureConfig]:
    return [f for f in features if f.name in frame]


def _checked(table: str, frame: pd.DataFrame, rules: schema.pa.DataFrameSchema, rejections: Rejections) -> pd.DataFrame:
    """Rows without a fault, index from 0, without the columns that only the rules need."""
    valid = rejections.take(table, frame, find_faults(rules, frame)).reset_index(drop=True)
    return valid.drop(columns=[c for c in valid.columns if c.endswith(UNREADABLE)])


def _with_text(items: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Items with their joined text."""
    names = [*experiment.data.text, *(f.name for f in experiment.features.items if f.kind == "text")]
    text = items[names[0]].fillna("")
    for name in names[1:]:
        text = (text + " " + items[name].fillna("")).str.strip()
    return items.assign(text=text)
