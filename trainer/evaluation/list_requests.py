"""What a frontend would send for the pages of a log to get lists."""

import numpy as np
import pandas as pd

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.data.sequences import click_histories
from trainer.export.requests import page_request
from trainer.model.ranker import Ranker

HISTORY = "history"
WITHOUT_QUERY = ("for_user", "trending")
"""Lists that are asked for without the query."""


def histories(experiment: Experiment, pages: Pages, item_ids: np.ndarray) -> pd.Series:
    """Items that the user of each page clicked before it, the most recent first: lists of ids [P].

    Those of the pages, where they have any; else as many earlier clicks as the towers read. Where the log is split by query,
    only clicks on training pages.

    Args:
        experiment: the split, and the length of histories.
        pages: all P pages of the log.
        item_ids: ids by row of the items table, str [I].
    """
    if HISTORY in pages.table:
        return pages.table[HISTORY]
    by_query = experiment.data.split.by == "query"
    usable = (pages.table["split"] == "train").to_numpy() if by_query else np.ones(len(pages), bool)
    return click_histories(pages, usable, item_ids, experiment.retrieval.history_length)


def list_request(
    experiment: Experiment, ranker: Ranker, pages: Pages, items: pd.DataFrame, history: pd.Series, kind: str
) -> dict[str, np.ndarray]:
    """The inputs of a list's signature for some pages, sent as one batch.

    Args:
        experiment: which names the declared features.
        ranker: whose feature encoders name the inputs.
        pages: P pages.
        items: the items table.
        history: item ids of each page, the most recent first, lists [P].
        kind: of list.

    Returns:
        Arrays by input: unicode [P] or [P, n], float32 [P] or [P, d].
    """
    request = page_request(experiment, ranker, pages, items)
    del request["item_id"]
    nothing = np.full(len(pages), "")
    if kind in WITHOUT_QUERY:
        request["query"] = nothing
    request[HISTORY] = _padded(history)
    request |= {"category": nothing, "boost": np.ones((len(pages), 1), np.float32)}
    request |= dict.fromkeys(("excluded", "pinned", "boosted"), nothing[:, None])
    return request | {"request_id": pages.table["request_id"].astype(str).to_numpy().astype(str)}


def _padded(lists: pd.Series) -> np.ndarray:
    longest = max(int(lists.str.len().max()), 1)
    return np.array([[*map(str, ids), *[""] * (longest - len(ids))] for ids in lists], dtype=str)
