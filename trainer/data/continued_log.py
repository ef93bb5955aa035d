"""A log of new days put behind the pages of the run that is continued."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trainer.config import SplitConfig
from trainer.data.pages import Pages, concatenate
from trainer.data.sequences import click_histories
from trainer.data.splits import assign_queries, normalise_query
from trainer.errors import InputError

OF_BASE = "of_base"
"""Column of the pages: whether the continued run had the page already."""
OLD_VALID, OLD_TEST = "old_valid", "old_test"
"""Splits of such pages. Those that the earlier run was trained on are training pages still."""
OLD_SPLITS = {"valid": OLD_VALID, "test": OLD_TEST}


@dataclass(frozen=True)
class BaseData:
    """The data of the run that is continued.

    Attributes:
        name: of the run.
        items: ``item_id``, the text columns, the features and ``text``.
        users: ``user_id`` and features, or None.
        pages: all pages of its log, their rows pointing into ``items``.
        judged: all pages of its judgments, or None.
        statistics: what its weights rest on.
    """

    name: str
    items: pd.DataFrame
    users: pd.DataFrame | None
    pages: Pages
    judged: Pages | None
    statistics: dict[str, Any]


@dataclass(frozen=True)
class Continued:
    """What a log of new days brought.

    Attributes:
        pages: later than every page of the base, which are used.
        same_request: pages dropped because the base has their ``request_id``.
        not_later: other pages dropped because they are not later than the last page of the base.
        base_end: the moment of that page, ISO 8601.
        new_items: items on the pages used that no page of the base shows.
        new_users: users of the pages used that no page of the base names.
        unseen: by ``<table>.<feature>``: values outside the vocabulary of the base (``values``) and the share of the
            new impressions or pages that have them (``share``).
    """

    pages: int
    same_request: int
    not_later: int
    base_end: str
    new_items: int
    new_users: int
    unseen: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)

    def in_words(self) -> list[str]:
        """One sentence for each thing that a reader should know."""
        said = []
        if self.same_request:
            said.append(f"{self.same_request:,} pages dropped: the continued run has their request_id already")
        if self.not_later:
            said.append(
                f"{self.not_later:,} pages dropped: not later than the last page of the continued run, {self.base_end}"
            )
        said.append(
            f"new since the continued run: {self.pages:,} pages, {self.new_items:,} items and {self.new_users:,} users on them"
        )
        for feature, found in self.unseen.items():
            said.append(
                f"{feature}: {found['values']:,.0f} values that the continued run does not know, on {found['share']:.1%} of the "
                "new rows; they count as unknown, for vocabularies and scales stay as they were trained"
            )
        return said


def with_earlier(rows: pd.DataFrame, earlier: pd.DataFrame | None, key: str) -> pd.DataFrame:
    """A table with the rows of an earlier one that it lacks behind its own.

    Args:
        rows: the table of now.
        earlier: of the continued run, or None.
        key: the column of the ids.
    """
    if earlier is None:
        return rows
    kept = earlier.loc[~earlier[key].isin(rows[key]), [c for c in rows.columns if c in earlier]]
    return pd.concat([rows, kept], ignore_index=True) if len(kept) else rows


def later_pages(pages: Pages, base: BaseData, items: pd.DataFrame) -> tuple[Pages, Continued]:
    """The pages that are later than every page of the base and not among them.

    Args:
        pages: of the new log, in order of time.
        base: the continued run.
        items: that the pages point into.

    Returns:
        The pages, and what was dropped and is new.

    Raises:
        InputError: if no page is left.
    """
    end = base.pages.table["timestamp"].max()
    same = pages.table["request_id"].isin(base.pages.table["request_id"]).to_numpy()
    early = (pages.table["timestamp"] <= end).to_numpy() & ~same
    kept = pages.take(~same & ~early)
    if not len(kept):
        raise InputError(
            f"data.search_log: none of its {len(pages):,} pages is new to {base.name}: {int(same.sum()):,} have a request_id "
            f"that it knows, {int(early.sum()):,} others are not later than its last page, {end.isoformat()}; give the days "
            "after it"
        )
    known_items = base.items["item_id"].iloc[np.unique(base.pages.item)]
    shown = items["item_id"].iloc[np.unique(kept.item)]
    users = kept.table["user_id"]
    strange = users[(users != "") & ~users.isin(base.pages.table["user_id"])]
    return kept, Continued(
        pages=len(kept),
        same_request=int(same.sum()),
        not_later=int(early.sum()),
        base_end=end.isoformat(),
        new_items=int((~shown.isin(known_items)).sum()),
        new_users=int(strange.nunique()),
    )


def click_history(pages: Pages, base: BaseData, item_ids: pd.Series, length: int) -> tuple[Pages, Pages]:
    """The clicks of each page's user before it, those on pages of the base included, as ``history``.

    Args:
        pages: of the new days.
        base: the continued run.
        item_ids: ids in the order of the items table.
        length: H, how many at most.

    Returns:
        The pages with the column; and all pages, those of the base with empty histories, to check them against.
    """
    before = _in_table(base.pages, base.items, item_ids)
    columns = ["request_id", "timestamp", "user_id", "query", "split"]
    parts = [dataclasses.replace(part, table=part.table[columns]) for part in (before, pages)]
    every = concatenate(parts)
    history = click_histories(every, np.ones(len(every), bool), item_ids.to_numpy(object), length)
    new = history.iloc[len(before) :].reset_index(drop=True)
    empty: pd.Series = pd.Series([[] for _ in range(len(before))], dtype=object)
    checked = dataclasses.replace(every, table=every.table.assign(history=pd.concat([empty, new], ignore_index=True)))
    return dataclasses.replace(pages, table=pages.table.assign(history=new)), checked


def with_base(pages: Pages, base: BaseData, item_ids: pd.Series) -> Pages:
    """The pages of the base and the new ones behind them, told apart by the column ``of_base``.

    What the base was trained on are training pages; what it was validated and tested on is neither trained on nor part of
    the splits of the new days.

    Args:
        pages: of the new days, with their splits.
        base: the continued run.
        item_ids: ids in the order of the items table.
    """
    before = _in_table(base.pages, base.items, item_ids)
    table = before.table.assign(of_base=True, split=before.table["split"].replace(OLD_SPLITS))
    new = dataclasses.replace(pages, table=pages.table.assign(of_base=False))
    return concatenate([dataclasses.replace(before, table=table[list(new.table.columns)]), new])


def marked(judged: Pages, base: BaseData) -> Pages:
    """Judged pages with the column ``of_base``: whether the continued run had a judgment of the query.

    Args:
        judged: pages of all judgments of now.
        base: the continued run.
    """
    known: Sequence[str] = [] if base.judged is None else normalise_query(base.judged.table["query"]).tolist()
    return dataclasses.replace(
        judged, table=judged.table.assign(of_base=normalise_query(judged.table["query"]).isin(known))
    )


def _in_table(pages: Pages, items: pd.DataFrame, item_ids: pd.Series) -> Pages:
    """Pages whose rows point into another items table."""
    rows = pd.Index(item_ids).get_indexer(items["item_id"]).astype(np.int32)
    return dataclasses.replace(pages, item=rows[pages.item])


def known_splits(queries: pd.Series, base: BaseData, config: SplitConfig, seed: int) -> pd.Series:
    """The split of each judged query: that of the continued run, or one of its own where the query is new.

    Args:
        queries: that are judged now.
        base: the continued run.
        config: the shares, of the new queries.
        seed: of their permutation.

    Returns:
        The split by normalised query.
    """
    if base.judged is None:
        return assign_queries(queries, config, seed)
    table = base.judged.table
    known = pd.Series(table["split"].to_numpy(object), index=normalise_query(table["query"]), dtype=object)
    known = known[~known.index.duplicated()]
    new = queries[~normalise_query(queries).isin(known.index)]
    return pd.concat([known, assign_queries(new, config, seed)]) if len(new) else known
