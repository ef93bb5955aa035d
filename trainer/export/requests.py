"""Serving requests made from pages."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.model.ranker import Ranker
from trainer.score.columns import raw_columns, score_columns
from trainer.training.tables import raw_features


def page_request(experiment: Experiment, ranker: Ranker, pages: Pages, items: pd.DataFrame) -> dict[str, np.ndarray]:
    """The inputs of the ``rank`` signature for some pages, sent as one batch.

    Args:
        experiment: which names the declared features.
        ranker: whose feature encoders name the inputs.
        pages: P pages.
        items: the items table.

    Returns:
        Arrays by input: unicode [P] or [P, N], float32 [P] or [P, d].
    """
    mask = np.arange(pages.sizes.max())[None, :] < pages.sizes[:, None]
    ids = np.full(mask.shape, "", dtype=object)
    ids[mask] = items["item_id"].to_numpy(object)[pages.item]
    features = (*experiment.features.users, *experiment.features.context)
    request: dict[str, Any] = {
        "query": pages.table["query"].fillna("").astype(str).to_numpy(),
        "user_id": pages.table["user_id"].fillna("").astype(str).to_numpy(),
        "history": np.full((len(pages), 1), ""),
        "item_id": ids.astype(str),
    }
    for feature in features:
        if feature.kind == "text":
            request[feature.name] = pages.table[feature.name].fillna("").astype(str).to_numpy()
        elif feature.kind == "sequence":
            request[feature.name] = _padded(pages.table[feature.name], feature.length)
    for encoder in (ranker.user_features, ranker.context_features):
        request |= raw_features(encoder, pages.table)
    return {name: value.astype(str) if value.dtype == object else value for name, value in request.items()}


def other_requests(
    experiment: Experiment, ranker: Ranker, pages: Pages, items: pd.DataFrame
) -> dict[str, dict[str, np.ndarray]]:
    """The inputs of the signatures beside ``rank``, by signature, for some pages and their items.

    Args:
        experiment: which names the text columns.
        ranker: whose feature encoders name the inputs.
        pages: P pages.
        items: the items table.

    Returns:
        Requests for ``rank_items`` (the first page), ``encode_query`` (all pages) and ``encode_item`` (the first page's items).
    """
    first = pages.take(np.array([0]))
    request = page_request(experiment, ranker, first, items)
    shown = items.iloc[first.item]
    columns = [*experiment.data.text, *(f.name for f in experiment.features.items if f.kind == "text")]
    texts = {name: shown[name].fillna("").astype(str).to_numpy().astype(str) for name in columns}
    features = {
        name: value.astype(str) if value.dtype == object else value
        for name, value in raw_features(ranker.item_features, shown).items()
    }
    features |= raw_columns(score_columns(experiment), shown)
    page_text = [f.name for f in (*experiment.features.users, *experiment.features.context) if f.kind == "text"]
    every = page_request(experiment, ranker, pages, items)
    return {
        "rank_items": request | {name: value[None] for name, value in (texts | features).items()},
        "encode_query": {name: every[name] for name in ("query", *page_text)},
        "encode_item": texts,
    }


def _padded(lists: pd.Series, length: int) -> np.ndarray:
    rows = [[*map(str, ids[:length]), *[""] * (length - len(ids[:length]))] for ids in lists]
    return np.array(rows, dtype=str)
