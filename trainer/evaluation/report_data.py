"""What a report is made from: the files of an evaluated run folder."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from trainer.config import Experiment, load_experiment
from trainer.errors import InputError
from trainer.evaluation.evaluation import EVALUATION, SCORES
from trainer.evaluation.slice_metrics import Slice

CONFIG, HISTORY, FINISHED = "config.yaml", "history.json", "finished.json"
BASELINE = "score."


@dataclass(frozen=True)
class ScoredSide:
    """Scored impressions of one source, the pages contiguous.

    Attributes:
        table: one row an impression, M rows.
        offset: int64 [P + 1]; the impressions of page p are ``offset[p]:offset[p + 1]``.
        gain: float64 [M], what NDCG counts: clicks, or relevance less the lowest; NaN where unknown.
        scores: float64 [M] by ranker, the model first; baselines without an order for these pages are left out.
    """

    table: pd.DataFrame
    offset: np.ndarray
    gain: np.ndarray
    scores: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.offset) - 1

    def column(self, name: str) -> np.ndarray:
        """A column as float64 [M]; NaN where it is absent or, for labels, unknown."""
        if name not in self.table:
            return np.full(len(self.table), np.nan)
        values = self.table[name].to_numpy(np.float64)
        return np.where(values < 0, np.nan, values) if name in ("clicked", "purchased") else values


@dataclass(frozen=True)
class ReportData:
    """An evaluated run.

    Attributes:
        folder: the run folder.
        experiment: as it was trained.
        split: what the names of the log's metrics begin with.
        k: cut of NDCG.
        rankers: metrics by ranker, the model first, with ``<key>.low`` and ``<key>.high``.
        differences: by baseline, by metric: ``difference``, ``low`` and ``high``, None where there is no interval.
        notes: what a reader should know.
        counts: by source: pages, queries and so on.
        sides: by source (``log``, ``judged``) what was scored.
        training: points of the learning curves, each with ``step``.
        validation: validation points, each with ``step``.
        finished: steps, best step and data hash; empty where absent.
        foreign: evaluations on judgments of other sources, by name.
        slices: what the model reaches on parts of the pages.
        evaluated: when the evaluation was written, seconds since the epoch.
    """

    folder: Path
    experiment: Experiment
    split: str
    k: int
    rankers: dict[str, dict[str, float]]
    differences: dict[str, dict[str, dict[str, Any]]]
    notes: list[str]
    counts: dict[str, dict[str, int]]
    sides: dict[str, ScoredSide]
    training: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    finished: dict[str, Any] = field(default_factory=dict)
    foreign: dict[str, dict[str, Any]] = field(default_factory=dict)
    slices: list[Slice] = field(default_factory=list)
    evaluated: float = 0.0

    @property
    def model(self) -> str:
        """The name of the model among the rankers."""
        return next(iter(self.rankers))

    @property
    def metrics(self) -> dict[str, float]:
        """The model's metrics."""
        return self.rankers[self.model]

    @property
    def has_intervals(self) -> bool:
        """Whether the evaluation drew resamples."""
        return any(key.endswith(".low") for metrics in self.rankers.values() for key in metrics)


def read_report_data(folder: Path) -> ReportData:
    """Read what a report is made from.

    Args:
        folder: what ``shelfrank train`` wrote and ``shelfrank evaluate`` added to.

    Returns:
        The evaluated run; the learning curves are empty where no history was kept.

    Raises:
        InputError: if the folder is no run, was not evaluated, or a file of it is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: no run folder ({CONFIG} is missing); give a folder that `shelfrank train` wrote")
    missing = [name for name in (EVALUATION, SCORES) if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder}: not evaluated ({missing[0]} is missing); run `shelfrank evaluate {folder}` first")
    found = _evaluation(folder / EVALUATION)
    history = _json(folder / HISTORY, []) if (folder / HISTORY).is_file() else []
    foreign = sorted((folder / "foreign").glob(f"*/{EVALUATION}"))
    return ReportData(
        folder=folder,
        experiment=load_experiment(folder / CONFIG),
        split=found["split"],
        k=found["k"],
        rankers=found["rankers"],
        differences=found.get("differences", {}),
        notes=found.get("notes", []),
        counts=found.get("counts", {}),
        sides=_sides(folder / SCORES, next(iter(found["rankers"])), found.get("lowest_relevance")),
        training=[point for point in history if "loss" in point],
        validation=[point for point in history if any(key.startswith("valid.") for key in point)],
        finished=_json(folder / FINISHED, {}) if (folder / FINISHED).is_file() else {},
        foreign={path.parent.name: _evaluation(path) for path in foreign},
        slices=[Slice.from_dict(part) for part in found.get("slices", [])],
        evaluated=(folder / EVALUATION).stat().st_mtime,
    )


def _json(path: Path, like: Any) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())}); train or evaluate again") from None
    if not isinstance(found, type(like)):
        raise InputError(f"{path}: expected a {type(like).__name__}, found {type(found).__name__}; evaluate again")
    return found


def _evaluation(path: Path) -> dict[str, Any]:
    found = _json(path, {})
    for key in ("split", "k", "rankers"):
        if not found.get(key):
            raise InputError(f"{path}: key {key!r} is missing or empty; run `shelfrank evaluate` again")
    return dict(found)


def _sides(path: Path, model: str, lowest: float | None) -> dict[str, ScoredSide]:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:160]}); evaluate again") from None
    absent = [name for name in ("source", "page", "query", "score") if name not in table]
    if absent:
        raise InputError(f"{path}: column {absent[0]!r} is missing; run `shelfrank evaluate` again")
    parts = table.groupby("source", sort=False)
    return {str(source): _side(str(source), part, model, lowest) for source, part in parts}


def _side(source: str, table: pd.DataFrame, model: str, lowest: float | None) -> ScoredSide:
    table = table.sort_values("page", kind="stable", ignore_index=True)
    page = table["page"].to_numpy()
    starts = np.flatnonzero(np.diff(page, prepend=page[0] - 1))
    columns = {model: "score"} | {
        name.removeprefix(BASELINE): name for name in map(str, table) if name.startswith(BASELINE)
    }
    scores = {name: table[column].to_numpy(np.float64) for name, column in columns.items()}
    side = ScoredSide(table, np.append(starts, len(table)), np.zeros(0), {})
    gain = side.column("clicked" if source == "log" else "relevance")
    if source != "log" and not np.isnan(gain).all():
        gain = gain - (np.nanmin(gain) if lowest is None else lowest)
    ordered = {name: score for name, score in scores.items() if name == model or not np.isnan(score).all()}
    return ScoredSide(table, side.offset, gain, ordered)
