"""Human judgments as pages."""

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig
from trainer.data.pages import Pages

JUDGED = "judged:"


def build_judged_pages(
    judgments: pd.DataFrame, item_ids: pd.Series, features: list[FeatureConfig], longest: int, seed: int
) -> Pages:
    """One page a query, in order of query; training pages that are too long are parted by chance.

    Args:
        judgments: ``query``, ``item_id``, ``relevance``, ``split``.
        item_ids: ids in the order of the items table.
        features: the declared user and context features; they are missing on these pages.
        longest: the most items of a training page; valid and test pages are never cut.
        seed: of the parting.

    Returns:
        Pages with unknown clicks, purchases and positions.
    """
    rows = pd.Series(np.arange(len(item_ids), dtype=np.int32), index=item_ids)
    query, names = pd.factorize(judgments["query"], sort=True)
    training = (judgments["split"] == "train").to_numpy()
    chance = np.random.default_rng(seed).random(len(judgments))
    order = np.lexsort((np.where(training, chance, 0.0), query))
    query, training = query[order], training[order]
    sizes = np.bincount(query, minlength=len(names))
    place = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[query]
    parts = np.where(training, -(-sizes[query] // longest), 1)
    part = place * parts // np.maximum(sizes[query], 1)
    starts = np.flatnonzero((np.diff(query, prepend=-1) != 0) | (np.diff(part, prepend=0) != 0))
    first = judgments.iloc[order[starts]]
    table = pd.DataFrame(
        {
            "request_id": [f"{JUDGED}{n}" for n in range(len(starts))],
            "timestamp": pd.Series(pd.NaT, index=range(len(starts)), dtype="datetime64[us, UTC]"),
            "user_id": "",
            "query": first["query"].to_numpy(object),
            "split": first["split"].to_numpy(object),
        }
    )
    return Pages(
        table=table.assign(**missing_features(features, len(table))),
        offset=np.append(starts, len(order)).astype(np.int64),
        item=rows.reindex(judgments["item_id"]).to_numpy(np.int32)[order],
        position=np.zeros(len(order), np.int32),
        clicked=np.full(len(order), -1, np.int8),
        purchased=np.full(len(order), -1, np.int8),
        relevance=judgments["relevance"].to_numpy(np.float32)[order],
    )


def missing_features(features: list[FeatureConfig], rows: int) -> dict[str, pd.Series]:
    """Columns of declared user and context features where nothing is known of user and context."""
    columns = {}
    for feature in features:
        if feature.kind == "number":
            columns[feature.name] = pd.Series(np.nan, index=range(rows), dtype="float64")
        elif feature.kind == "sequence":
            columns[feature.name] = pd.Series([[] for _ in range(rows)], dtype=object)
        else:
            columns[feature.name] = pd.Series([None] * rows, dtype=object)
    return columns
