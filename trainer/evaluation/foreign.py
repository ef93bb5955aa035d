"""Human judgments of a source that a run has never seen, as pages."""

from pathlib import Path

import numpy as np
import pandas as pd

from trainer.config import Experiment, FeatureConfig
from trainer.data.judged_pages import build_judged_pages
from trainer.data.pages import Pages
from trainer.data.sources import read_items, read_judgments
from trainer.data.tables import read_table
from trainer.errors import InputError
from trainer.score.columns import item_columns

JUDGED_BEFORE = "duplicate"


def judged_pages_of(judgments: Path, items: Path | None, experiment: Experiment) -> tuple[Pages, pd.DataFrame]:
    """Read judgments and their items for a run's model.

    Args:
        judgments: a .csv, .csv.gz or .parquet file with ``query``, ``item_id``, ``relevance``.
        items: the same kinds, with ``item_id`` and the text columns of the experiment; by default `judgments` has
            the text columns itself.
        experiment: text columns, declared features, and the share of rows that may be left out.

    Returns:
        Pages of split ``test``, one a query; and the items that they point into: ``item_id``, the text columns,
        ``text``, the declared features (missing where the file has no such column). The items' ``attrs["notes"]`` say,
        a sentence each, what was missing and what was left out.

    Raises:
        InputError: if a file can't be read, a column is missing or holds another type, no row is left, or more than
            ``data.max_rejected_share`` of a table's rows can't be used.
    """
    path = judgments if items is None else items
    columns = set(read_table(path).columns)
    declared = item_columns(experiment)
    there = [f for f in declared if f.name in columns]
    table, left_out = read_items(path, _with_item_features(experiment, there))
    if items is None:
        left_out = left_out[left_out["reason"] != JUDGED_BEFORE]
    rows = len(table) + len(left_out)
    notes = _left_out(path, "items", left_out, rows, experiment)
    absent = [f for f in declared if f not in there]
    if absent:
        notes.append(f"{path.name} has no {_names(absent)}; the model takes these features as missing")
        table = table.assign(**{f.name: _missing(f, len(table)) for f in absent})

    judged, left_out = read_judgments(judgments, table)
    notes += _left_out(judgments, "judgments", left_out, len(judged) + len(left_out), experiment)
    others = [*experiment.features.users, *experiment.features.context]
    if others:
        notes.append(f"judgments know no user and no context; the model takes {_names(others)} as missing")
    table.attrs["notes"] = notes
    pages = build_judged_pages(
        judged.assign(split="test"), table["item_id"], others, experiment.data.max_page_items, experiment.seed
    )
    return pages, table


def _with_item_features(experiment: Experiment, features: list[FeatureConfig]) -> Experiment:
    declared = experiment.features.model_copy(update={"items": features})
    # The columns that only the score names are among the features here, as far as the file has them.
    model = experiment.model.model_copy(update={"score": "ctr"})
    return experiment.model_copy(update={"features": declared, "model": model})


def _left_out(path: Path, what: str, rejected: pd.DataFrame, rows: int, experiment: Experiment) -> list[str]:
    """Rows that can't be used, as a note; an error where they are too many."""
    if rejected.empty and rows:
        return []
    limit = experiment.data.max_rejected_share
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in rejected["reason"].value_counts().items())
    told = f"{len(rejected):,} of {rows:,} {what} can't be used ({reasons})"
    if len(rejected) == rows or len(rejected) > limit * rows:
        first = f"; the first is row {rejected['row'].iloc[0]}" if len(rejected) else ""
        raise InputError(f"{path}: {told}{first}; data.max_rejected_share allows {limit:.1%}; mend the table")
    return [f"{path.name}: {told} and are left out"]


def _missing(feature: FeatureConfig, rows: int) -> pd.Series:
    if feature.kind == "number":
        return pd.Series(np.nan, index=range(rows), dtype="float64")
    return pd.Series([None] * rows, dtype=object)


def _names(features: list[FeatureConfig]) -> str:
    return ", ".join(repr(f.name) for f in features)
