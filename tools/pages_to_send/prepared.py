"""The test pages of an experiment as a frontend would ask them."""

from typing import Any

import numpy as np
import pandas as pd

from shelfrank_client import PageQuery
from trainer.config import Experiment, FeatureConfig
from trainer.data.pages import Pages
from trainer.data.prepared import ensure_prepared
from trainer.errors import InputError


def prepared_pages(experiment: Experiment) -> list[PageQuery]:
    """The pages of the test split: those of the log, or of the judgments where there is no log.

    Args:
        experiment: its data are prepared where they are not yet.

    Returns:
        At least one page.

    Raises:
        InputError: if the data can't be prepared, or the test split is empty.
    """
    prepared = ensure_prepared(experiment)
    pages = prepared.pages if prepared.pages is not None else prepared.judged
    pages = None if pages is None else pages.split("test")
    if pages is None or not len(pages):
        raise InputError(f"{experiment.data.prepared}: the test split holds no page; give recorded ones with --pages")
    return page_queries(experiment, pages, prepared.items["item_id"].to_numpy(object))


def page_queries(experiment: Experiment, pages: Pages, item_ids: np.ndarray) -> list[PageQuery]:
    """Pages of the trainer as those of the client.

    Args:
        experiment: which declares the features of users and context.
        pages: P pages.
        item_ids: ids by row of the items table.

    Returns:
        P pages; what is missing is left out.
    """
    candidates = np.split(item_ids[pages.item], pages.offset[1:-1])
    declared = experiment.features
    users = _values(pages.table, declared.users, {"user_id": pages.table["user_id"].fillna("").astype(str).tolist()})
    context = _values(pages.table, declared.context, {})
    histories = users.pop("history", None) or context.pop("history", None) or [[] for _ in range(len(pages))]
    return [
        PageQuery(
            query=query,
            candidates=candidates[row].tolist(),
            user=_of_row(users, row),
            context=_of_row(context, row),
            history=histories[row] or [],
        )
        for row, query in enumerate(pages.table["query"].fillna("").astype(str))
    ]


def _values(table: pd.DataFrame, features: list[FeatureConfig], found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The values of features as the client takes them, by name; None for what is missing."""
    for feature in features:
        column = table[feature.name]
        if feature.kind == "number":
            numbers = pd.to_numeric(column).astype("float64")
            found[feature.name] = numbers.astype(object).where(numbers.notna(), None).tolist()
        elif feature.kind in ("sequence", "embedding"):
            lists = [None if value is None or np.ndim(value) == 0 else np.asarray(value) for value in column]
            kind = str if feature.kind == "sequence" else float
            found[feature.name] = [None if value is None else list(map(kind, value.tolist())) for value in lists]
        else:
            found[feature.name] = column.astype(object).where(column.notna(), "").astype(str).tolist()
    return found


def _of_row(values: dict[str, list[Any]], row: int) -> dict[str, Any]:
    return {name: column[row] for name, column in values.items() if column[row] is not None}
