"""From rows of the log to pages."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig
from trainer.data.declared_tasks import PREFIX
from trainer.data.pages import Pages

PAGE_COLUMNS = ["request_id", "timestamp", "user_id", "query"]
PROPENSITY = "propensity"
"""The column of the log with the probability that the item stood at its position; a log may lack it."""


@dataclass(frozen=True)
class Cut:
    """What was cut off pages that were too long.

    Attributes:
        pages: cut.
        impressions: cut off.
        clicked: of them clicked.
    """

    pages: int
    impressions: int
    clicked: int


def build_pages(log: pd.DataFrame, item_ids: pd.Series, context: list[FeatureConfig]) -> Pages:
    """Pages in order of time, the impressions of each in order of position.

    Args:
        log: valid rows of ``search_log``.
        item_ids: ids in the order of the items table.
        context: the declared context features.

    Returns:
        The pages; ``split`` is empty yet.
    """
    ordered = log.sort_values(["timestamp", "request_id", "position"], kind="stable", ignore_index=True)
    starts = np.flatnonzero(ordered["request_id"].ne(ordered["request_id"].shift()).to_numpy())
    columns = [*PAGE_COLUMNS, *(f.name for f in context if f.name in ordered)]
    rows = pd.Series(np.arange(len(item_ids), dtype=np.int32), index=item_ids)
    return Pages(
        table=ordered.groupby("request_id", sort=False)[columns[1:]].first().reset_index().assign(split=""),
        offset=np.append(starts, len(ordered)).astype(np.int64),
        item=rows.reindex(ordered["item_id"]).to_numpy(np.int32),
        position=ordered["position"].to_numpy(np.int32),
        clicked=ordered["clicked"].to_numpy(np.int8),
        purchased=ordered["purchased"].to_numpy(np.int8),
        relevance=np.full(len(ordered), np.nan, np.float32),
        labels={
            column.removeprefix(PREFIX): ordered[column].to_numpy(np.float32)
            for column in ordered.columns
            if column.startswith(PREFIX)
        },
        propensity=ordered[PROPENSITY].to_numpy(np.float32) if PROPENSITY in ordered else None,
    )


def add_user_features(pages: Pages, users: pd.DataFrame | None, features: list[FeatureConfig]) -> Pages:
    """Join the declared user features; pages of unknown users get missing values, and empty lists."""
    if users is None:
        return pages
    names = [f.name for f in features if f.name in users]
    joined = users.set_index("user_id")[names].reindex(pages.table["user_id"]).reset_index(drop=True)
    table = pd.concat([pages.table, joined], axis=1)
    return dataclasses.replace(pages, table=table)


def cut_pages(pages: Pages, longest: int) -> tuple[Pages, Cut]:
    """Cut pages to their first items.

    Args:
        pages: the pages.
        longest: the most items a page may have.

    Returns:
        The pages, and what was cut off.
    """
    kept = np.arange(len(pages.item)) - pages.offset[:-1][pages.page_of_impression] < longest
    cut = Cut(int((pages.sizes > longest).sum()), int((~kept).sum()), int((pages.clicked[~kept] == 1).sum()))
    return keep_impressions(pages, kept), cut


def keep_impressions(pages: Pages, kept: np.ndarray) -> Pages:
    """The pages with some of their impressions.

    Args:
        pages: the pages.
        kept: bool [M].
    """
    sizes = np.bincount(pages.page_of_impression[kept], minlength=len(pages))
    return Pages(
        table=pages.table,
        offset=np.append(0, np.cumsum(sizes)).astype(np.int64),
        item=pages.item[kept],
        position=pages.position[kept],
        clicked=pages.clicked[kept],
        purchased=pages.purchased[kept],
        relevance=pages.relevance[kept],
        labels={name: values[kept] for name, values in pages.labels.items()},
        propensity=None if pages.propensity is None else pages.propensity[kept],
    )
