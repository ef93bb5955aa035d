"""The proof that nothing of the answer, and nothing later, is in a feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from trainer.config import RESERVED_FEATURE_NAMES, Experiment, FeatureConfig
from trainer.data.declared_tasks import counted
from trainer.data.pages import Pages
from trainer.data.splits import normalise_query
from trainer.errors import InputError

ANSWERS = RESERVED_FEATURE_NAMES - {"history"} | {
    "relevance",
    "attraction",
    "examination",
    "conversion",
    "click_probability",
    "conversion_probability",
    "propensity",
    "propensity_score",
    "click_time",
    "click_timestamp",
    "clicked_at",
    "purchase_time",
    "purchase_timestamp",
    "purchased_at",
    "order_time",
    "order_timestamp",
    "split",
    "is_judged",
    "of_base",
    "text",
}
"""Names in lower case; upper case does not make another column of them."""
LARGEST_AUC = 0.99
FEWEST = 20
"""Clicked, and not clicked, impressions below which an AUC says nothing."""


@dataclass(frozen=True)
class _Column:
    """A feature of one value an impression."""

    feature: FeatureConfig
    values: pd.Series


def check_names(experiment: Experiment) -> None:
    """Refuse features that are labels, positions or hidden truth by their name.

    Raises:
        InputError: naming the features.
    """
    features = experiment.features
    found = [
        f"features.{table}: {f.name!r}"
        for table in ("items", "users", "context")
        for f in getattr(features, table)
        if f.name.lower() in ANSWERS and not _is_learned_id(table, f)
    ]
    if found:
        raise InputError(
            f"{'; '.join(found)}: a label, position, id or hidden truth can't be a feature; remove or rename it"
        )


def _is_learned_id(table: str, feature: FeatureConfig) -> bool:
    """An embedding of each item is learned in training and tells nothing of the page."""
    return table == "items" and feature.kind == "categorical" and feature.name == "item_id"


def check_leaks(
    experiment: Experiment,
    pages: Pages | None,
    judged: Pages | None,
    items: pd.DataFrame,
    clicks: Pages | None,
) -> dict[str, Any]:
    """Run every check.

    Args:
        experiment: the declared features and the split.
        pages: all pages of the log, or None.
        judged: all pages of the judgments, or None.
        items: the items table.
        clicks: the pages of the log before they were cut, if ``history`` was made from their clicks, or None.

    Returns:
        What was found, for `prepare.json`.

    Raises:
        InputError: if a feature gives the answer away, or a later event got into a feature or an earlier split.
    """
    check_names(experiment)
    result: dict[str, Any] = {"feature_names": "no label, position, id or truth column"}
    by_query = experiment.data.split.by == "query"
    if pages is not None:
        if by_query:
            result["queries_in_two_splits"] = _shared_queries([pages, *([judged] if judged is not None else [])])
        else:
            result["time_order"] = _time_order(pages)
        if clicks is not None:
            result["history_entries_checked"] = check_histories(clicks, items["item_id"].to_numpy(object), by_query)
        result["feature_auc"] = check_separation(experiment, pages.split("train"), items)
        if experiment.tasks:
            result["task_feature_auc"] = check_task_separation(experiment, pages.split("train"), items)
    if judged is not None:
        result["judged_queries_in_two_splits"] = _shared_queries([judged])
    return result


def _shared_queries(parts: list[Pages]) -> int:
    """Queries in more than one split; always 0."""
    table = pd.concat([part.table[["query", "split"]] for part in parts])
    splits = table["split"].groupby(normalise_query(table["query"])).nunique()
    if (splits > 1).any():
        raise InputError(f"query {splits.index[splits > 1][0]!r} is in more than one split; please report this fault")
    return 0


def _time_order(pages: Pages) -> dict[str, list[str]]:
    """First and last moment of each split."""
    spans = pages.table.groupby("split")["timestamp"].agg(["min", "max"])
    spans = spans.reindex([s for s in ("train", "valid", "test") if s in spans.index])
    if not (spans["max"].iloc[:-1].to_numpy() < spans["min"].iloc[1:].to_numpy()).all():
        raise InputError("the splits overlap in time; please report this fault")
    return {str(name): [row["min"].isoformat(), row["max"].isoformat()] for name, row in spans.iterrows()}


def check_histories(pages: Pages, item_ids: np.ndarray, by_query: bool) -> int:
    """Prove that every entry of a history made from clicks is a click of the same user strictly before the page.

    Counted anew, apart from `trainer.data.sequences`: a page may list an item at most as often as its user clicked it
    before.

    Args:
        pages: all pages of the log.
        item_ids: ids by row of the items table.
        by_query: whether only clicks on training pages may be listed.

    Returns:
        Entries that were checked.

    Raises:
        InputError: naming a page whose history holds a later click.
    """
    table = pages.table
    usable = table["split"].eq("train") if by_query else table["split"].notna()
    clicked = np.flatnonzero((pages.clicked == 1) & usable.to_numpy()[pages.page_of_impression])
    clicks = table[["user_id", "timestamp"]].iloc[pages.page_of_impression[clicked]].reset_index(drop=True)
    clicks = clicks.assign(item=pd.Series(item_ids[pages.item[clicked]], dtype="str")).sort_values(
        "timestamp", kind="stable"
    )
    clicks = clicks.assign(before=clicks.groupby(["user_id", "item"]).cumcount() + 1)
    entries = table[["user_id", "timestamp", "history"]].explode("history").dropna(subset=["history"])
    if entries.empty:
        return 0
    entries = entries.assign(item=entries["history"].astype("str"), page=entries.index).drop(columns="history")
    listed = entries.groupby(["page", "item"]).size().rename("listed").reset_index()
    listed = listed.merge(table[["user_id", "timestamp"]], left_on="page", right_index=True)
    known = pd.merge_asof(
        listed.sort_values("timestamp", kind="stable").astype({"user_id": "str"}),
        clicks.astype({"user_id": "str"}),
        on="timestamp",
        by=["user_id", "item"],
        allow_exact_matches=False,
    )
    late = known[~(known["listed"] <= known["before"].fillna(0))]
    if len(late):
        request = table["request_id"].iloc[late["page"].iloc[0]]
        raise InputError(
            f"request {request!r}: its history holds a click that was not before it; please report this fault"
        )
    return len(entries)


def check_separation(experiment: Experiment, pages: Pages, items: pd.DataFrame) -> dict[str, float]:
    """Refuse single features that tell clicked from not clicked almost perfectly.

    The AUC of a number is taken both ways and with missing values at either end; that of a category by the click rates
    of the other half of the pages.

    Args:
        experiment: the declared features.
        pages: training pages of the log.
        items: the items table.

    Returns:
        The AUC of each number and category; empty where there are too few impressions to tell.

    Raises:
        InputError: naming the features.
    """
    every = np.ones(len(pages.item), bool)
    return _separation(experiment, pages, items, pages.clicked == 1, every, "clicked from not clicked")


def check_task_separation(experiment: Experiment, pages: Pages, items: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Refuse single features that tell 1 from 0 almost perfectly in the labels of a declared task; see `check_separation`.

    Returns:
        By task of 0 and 1, over the impressions on which it counts: the AUC of each number and category.
    """
    found = {}
    for task in experiment.tasks:
        if task.is_probability and task.name in pages.labels:
            label, chosen = pages.labels[task.name] == 1, counted(task, pages)
            found[task.name] = _separation(experiment, pages, items, label, chosen, f"1 from 0 in {task.column!r}")
    return found


def _separation(
    experiment: Experiment, pages: Pages, items: pd.DataFrame, label: np.ndarray, chosen: np.ndarray, what: str
) -> dict[str, float]:
    """The AUC of each feature against a bool label [M], over the impressions chosen, bool [M]."""
    label = label[chosen]
    if min(label.sum(), (~label).sum()) < FEWEST:
        return {}
    half = np.random.default_rng(experiment.data_seed).random(len(pages))[pages.page_of_impression] < 0.5
    found = {}
    for column in _columns(experiment, pages, items, chosen):
        separate = _number_auc if column.feature.kind == "number" else _category_auc
        found[column.feature.name] = round(separate(column.values, label, half[chosen]), 4)
    guilty = [f"{name!r} (AUC {auc:.4f})" for name, auc in found.items() if auc > LARGEST_AUC]
    if guilty:
        raise InputError(
            f"feature {', '.join(guilty)} alone tells {what} in training: it holds the answer; "
            "remove it from features, or use its value from before the page was shown"
        )
    return found


def _columns(experiment: Experiment, pages: Pages, items: pd.DataFrame, chosen: np.ndarray) -> list[_Column]:
    kinds = ("number", "categorical")
    features = experiment.features
    columns = [_Column(f, items[f.name].iloc[pages.item[chosen]]) for f in features.items if f.kind in kinds]
    for feature in (*features.users, *features.context):
        if feature.kind in kinds:
            columns.append(_Column(feature, pages.table[feature.name].iloc[pages.page_of_impression[chosen]]))
    return columns


def _number_auc(values: pd.Series, clicked: np.ndarray, half: np.ndarray) -> float:
    numbers = values.to_numpy(np.float64)
    ranks = [np.where(np.isnan(numbers), end, numbers) for end in (-np.finfo(np.float64).max, np.finfo(np.float64).max)]
    found = [float(roc_auc_score(clicked, rank)) for rank in ranks]
    return max(max(auc, 1 - auc) for auc in found)


def _category_auc(values: pd.Series, clicked: np.ndarray, half: np.ndarray) -> float:
    codes = pd.factorize(values)[0] + 1
    scores = np.zeros(len(codes))
    prior = clicked.mean()
    for part in (half, ~half):
        shown = np.bincount(codes[part], minlength=codes.max() + 1)
        hits = np.bincount(codes[part], weights=clicked[part], minlength=codes.max() + 1)
        scores[~part] = ((hits + prior) / (shown + 1))[codes[~part]]
    return float(roc_auc_score(clicked, scores))
