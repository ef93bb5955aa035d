"""What the model needs to know of the data, counted on training pages only."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.config import Experiment, FeatureConfig
from trainer.data.declared_tasks import task_statistics
from trainer.data.pages import Pages
from trainer.score.columns import item_columns

UNKNOWN_RATES = {"ctr": 0.5, "cvr": 0.5, "ctcvr": 0.25}


def compute_statistics(
    experiment: Experiment, items: pd.DataFrame, log: Pages | None, judged: Pages | None
) -> dict[str, Any]:
    """Statistics of the training pages.

    Item numbers and vectors are counted once for each item that was shown, item categories once an impression, features
    of users and context once a page. Without a log the judged training pages take its place. Only the width of vectors
    and the scale of the judgments, which are facts of the tables, are taken from all pages.

    Args:
        experiment: the declared features.
        items: the items table.
        log: all pages of the log, or None.
        judged: all pages of the judgments, or None.

    Returns:
        ``features`` (by table, by name), ``base_rates`` (``ctr``, ``cvr`` per click, ``ctcvr``), ``position_shares``
        (index 0 for unknown), ``max_position``; with judgments ``relevance`` (``min``, ``max``, ``mean``), with declared
        tasks ``tasks`` (by name ``mean``, ``std``, ``known``).
    """
    every = log if log is not None else judged
    assert every is not None
    pages = every.split("train")
    shown = items.iloc[np.unique(pages.item)]
    impressions = items.iloc[pages.item]
    features = experiment.features
    statistics: dict[str, Any] = {
        "features": {
            "items": {
                f.name: _feature((impressions if f.kind == "categorical" else shown).get(f.name), f, items.get(f.name))
                for f in item_columns(experiment)
            },
            "users": {f.name: _feature(pages.table[f.name], f, every.table[f.name]) for f in features.users},
            "context": {f.name: _feature(pages.table[f.name], f, every.table[f.name]) for f in features.context},
        },
        "base_rates": base_rates(pages),
        "position_shares": (np.bincount(pages.position) / max(len(pages.position), 1)).tolist(),
        "max_position": int(pages.position.max(initial=0)),
    }
    if experiment.tasks:
        statistics["tasks"] = task_statistics(experiment.tasks, pages)
    if judged is not None:
        grades = judged.relevance.astype(np.float64)
        training = judged.split("train").relevance.astype(np.float64)
        statistics["relevance"] = {"min": grades.min(), "max": grades.max(), "mean": training.mean()}
    return statistics


def feature_statistics(feature: FeatureConfig, pages: Pages, items: pd.DataFrame) -> dict[str, Any]:
    """Statistics of a number column of the items, counted once for each item that was shown.

    Args:
        feature: of kind ``number``.
        pages: training pages.
        items: the items that they point into.
    """
    return _feature(items.iloc[np.unique(pages.item)][feature.name], feature, None)


def base_rates(pages: Pages) -> dict[str, float]:
    """Clicks an impression, purchases a click, purchases an impression.

    Args:
        pages: with known labels; even odds are given where there are none.
    """
    labelled = pages.clicked >= 0
    if not labelled.any():
        return dict(UNKNOWN_RATES)
    clicks = int((pages.clicked == 1).sum())
    purchases = int((pages.purchased == 1).sum())
    total = int(labelled.sum())
    # Purchases that may still come are in neither part of their rates.
    settled = pages.purchased >= 0
    settled_clicks = int((settled & (pages.clicked == 1)).sum())
    return {
        "ctr": clicks / total,
        "cvr": purchases / max(settled_clicks, 1),
        "ctcvr": purchases / max(int((settled & labelled).sum()), 1),
    }


def _feature(values: pd.Series | None, feature: FeatureConfig, every: pd.Series | None) -> dict[str, Any]:
    if feature.kind == "number":
        return {"kind": "number", **_number(values, feature)}
    if feature.kind == "categorical":
        return {"kind": "categorical", **_categorical(values, feature)}
    if feature.kind == "embedding":
        return {"kind": "embedding", **_embedding(values, every)}
    return {"kind": feature.kind}


def _number(values: Any, feature: FeatureConfig) -> dict[str, Any]:
    numbers = values.to_numpy(np.float64)
    known = numbers[~np.isnan(numbers)]
    missing = float(1 - len(known) / max(len(numbers), 1))
    if not len(known):
        return {"mean": 0.0, "std": 1.0, "fill": 0.0, "quantiles": [], "missing_share": missing}
    scaled = np.log1p(np.maximum(known, 0.0)) if feature.scale == "log" else known
    shares = np.arange(1, feature.buckets) / max(feature.buckets, 1)
    return {
        "mean": float(scaled.mean()),
        "std": float(scaled.std()),
        "fill": float(np.median(known)),
        "quantiles": np.unique(np.quantile(known, shares)).tolist() if len(shares) else [],
        "missing_share": missing,
    }


def _categorical(values: Any, feature: FeatureConfig) -> dict[str, Any]:
    counts = values.value_counts().rename_axis("value").reset_index(name="count")
    ordered = counts.sort_values(["count", "value"], ascending=[False, True])
    frequent = ordered.loc[ordered["count"] >= feature.min_count, "value"]
    return {
        "vocabulary": frequent.head(feature.max_vocabulary).tolist(),
        "min_count": feature.min_count,
        "max_vocabulary": feature.max_vocabulary,
        "missing_share": float(values.isna().mean()) if len(values) else 0.0,
    }


def _embedding(values: Any, every: Any) -> dict[str, Any]:
    vectors = [v for v in values if isinstance(v, list | np.ndarray)]
    missing = float(1 - len(vectors) / max(len(values), 1))
    if not vectors:
        dimension = next((len(v) for v in every if isinstance(v, list | np.ndarray)), 1)
        return {"dimension": dimension, "mean_norm": 0.0, "missing_share": missing}
    matrix = np.asarray(vectors, np.float64)
    norm = float(np.linalg.norm(matrix, axis=1).mean())
    return {"dimension": matrix.shape[1], "mean_norm": norm, "missing_share": missing}
