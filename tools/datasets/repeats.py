"""Judgments of one pair that come twice."""

import pandas as pd

from tools.datasets.rejections import Rejections


def take_repeats(table: pd.DataFrame, source: str, rejections: Rejections) -> pd.DataFrame:
    """Keep the first judgment of each (query, item_id); later ones are rejected.

    Args:
        table: rows with `query`, `item_id` and `relevance`.
        source: name of the file that the rows come from.
        rejections: takes the others, with "repeats" and "contradicts" told apart.

    Returns:
        The rows left.
    """
    later = table.duplicated(["query", "item_id"])
    first = table.groupby(["query", "item_id"])["relevance"].transform("first")
    differs = later & (table["relevance"] != first)
    table = rejections.take(source, table, differs, "contradicts an earlier judgment of the same query and item")
    return rejections.take(source, table, later.reindex(table.index), "repeats an earlier judgment")
