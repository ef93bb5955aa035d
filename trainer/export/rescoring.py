"""A trained run under another score."""

import copy
import dataclasses
import json
from typing import Any

import pandas as pd

from trainer.config import read_yaml, validate_section
from trainer.config.experiment import Experiment
from trainer.data.prepared import Prepared
from trainer.data.sources import read_items
from trainer.data.statistics import feature_statistics
from trainer.errors import InputError
from trainer.evaluation.evaluation import METRICS
from trainer.score.columns import undeclared_columns
from trainer.training.run import CONFIG, Run

PROBABILITIES = (".ctr.", ".cvr.", ".ctcvr.")


def rescored(run: Run, prepared: Prepared, score: str) -> tuple[Run, pd.DataFrame]:
    """The run with another score, and the items with the columns that it names.

    Args:
        run: a finished run.
        prepared: its data.
        score: a formula.

    Returns:
        The run; and the items, with their columns read from ``data.items`` where training did not need them.

    Raises:
        InputError: if the score is wrong.
    """
    experiment = run.experiment
    raw = experiment.model_dump(mode="json")
    raw["model"]["score"] = score
    changed = validate_section(Experiment, raw, "--score")
    missing = [f for f in undeclared_columns(changed) if f.name not in prepared.items]
    items = prepared.items
    if missing:
        read, _ = read_items(experiment.data.items, changed)
        names = [f.name for f in missing]
        columns = read.set_index("item_id").reindex(prepared.items["item_id"])
        gone = sorted(set(prepared.items["item_id"]) - set(read["item_id"]))
        if gone:
            raise InputError(
                f"--score: {experiment.data.items}: item {gone[0]!r} has no number in {', '.join(names)}; mend the "
                "table, an empty field counts as missing"
            )
        items = items.assign(**{name: columns[name].to_numpy() for name in names})
    statistics = copy.deepcopy(run.statistics)
    known = statistics["features"]["items"]
    shown = prepared.judged if prepared.pages is None else prepared.pages
    for column in undeclared_columns(changed):
        if column.name not in known:
            assert shown is not None
            known[column.name] = feature_statistics(column, shown.split("train"), items)
    return dataclasses.replace(run, experiment=changed, statistics=statistics), items


def measured_metrics(run: Run) -> dict[str, Any]:
    """What ``shelfrank evaluate`` found: under another score than it ranked by, the metrics of probability alone."""
    path = run.folder / METRICS
    if not path.exists():
        return {}
    metrics = json.loads(path.read_text(encoding="utf-8"))
    config = run.folder / CONFIG
    trained = read_yaml(config)["model"]["score"] if config.is_file() else run.experiment.model.score
    if trained == run.experiment.model.score:
        return metrics
    return {key: value for key, value in metrics.items() if any(part in key for part in PROBABILITIES)}
