"""The columns of the items that a score needs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainer.config import Experiment, FeatureConfig
from trainer.data.values import as_number
from trainer.score.formula import PREDICTED, Formula


def score_columns(experiment: Experiment) -> list[str]:
    """Names of the columns in ``model.score``, declared features among them."""
    return list(Formula.read(experiment.model.score).columns)


def undeclared_columns(experiment: Experiment) -> list[FeatureConfig]:
    """Number columns of the items that only ``model.score`` names."""
    declared = {f.name for f in experiment.features.items}
    return [FeatureConfig(name=name, kind="number") for name in score_columns(experiment) if name not in declared]


def item_columns(experiment: Experiment) -> list[FeatureConfig]:
    """The declared features of the items, and the number columns that only ``model.score`` names."""
    return [*experiment.features.items, *undeclared_columns(experiment)]


def raw_columns(names: Iterable[str], items: pd.DataFrame) -> dict[str, np.ndarray]:
    """Columns as numbers.

    Args:
        names: of the columns.
        items: I items.

    Returns:
        By name: float32 [I], NaN where missing.
    """
    return {name: pd.to_numeric(items[name]).to_numpy(np.float32, na_value=np.nan) for name in names}


def fills(names: Iterable[str], statistics: Mapping[str, Any]) -> dict[str, float]:
    """What stands for a missing value: the median over the items of the training pages.

    Args:
        names: of the columns.
        statistics: of the items' features, by name.
    """
    return {name: float(statistics[name]["fill"]) for name in names}


def column_faults(path: Path, items: pd.DataFrame, experiment: Experiment) -> list[str]:
    """What is wrong with the columns that only ``model.score`` names, in words.

    Args:
        path: the file of the items.
        items: the rows as read.
        experiment: whose score is looked at.
    """
    faults = []
    for column in undeclared_columns(experiment):
        name = column.name
        if name in items and _has_numbers(items[name]):
            continue
        why = f"unknown name {name!r}" if name not in items else f"column {name!r} of {path} holds no numbers"
        known = [*PREDICTED[: None if experiment.model.relevance else -1]]
        known += [str(c) for c in items.columns if _is_number(items[c])]
        faults.append(f"model.score: {why}; known: {', '.join(dict.fromkeys(known))}")
    return faults


def _has_numbers(values: pd.Series) -> bool:
    return bool(as_number(values)[0].notna().any())


def _is_number(values: pd.Series) -> bool:
    """Whether some values are numbers and none is anything else."""
    numbers, bad = as_number(values)
    return bool(numbers.notna().any() and not bad.any())
