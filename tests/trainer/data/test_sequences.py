"""Histories: the user's clicks strictly before each page."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from trainer.config import FeatureConfig
from trainer.data.page_building import build_pages
from trainer.data.pages import Pages
from trainer.data.sequences import add_sequences, click_histories
from trainer.data.sources import read_sources

HISTORY = FeatureConfig(name="history", kind="sequence", length=3)


@pytest.fixture
def pages(store) -> Pages:
    # Two pages of one user at one moment must not see each other's clicks.
    store.search_log.loc[8:11, ["timestamp", "user_id"]] = store.search_log.loc[4, ["timestamp", "user_id"]].tolist()
    store.search_log.loc[80:87, "user_id"] = None
    sources = read_sources(store.experiment())
    built = build_pages(sources.log, sources.items["item_id"], [])
    split = np.where(np.arange(len(built)) % 3 == 0, "valid", "train")
    return dataclasses.replace(built, table=built.table.assign(split=split))


def plain_histories(pages: Pages, ids: np.ndarray, length: int, splits: set[str]) -> list[list[str]]:
    """The definition, page by page."""
    clicks = []
    for page, row in pages.table.iterrows():
        for place in range(pages.offset[page], pages.offset[page + 1]):
            if pages.clicked[place] == 1 and row["split"] in splits and row["user_id"]:
                clicks.append((row["timestamp"], page, place, row["user_id"], ids[pages.item[place]]))
    clicks.sort()
    return [
        [c[4] for c in reversed(clicks) if c[3] == row["user_id"] and c[0] < row["timestamp"]][:length]
        for _, row in pages.table.iterrows()
    ]


@pytest.mark.parametrize("length", [1, 3, 50])
def test_histories_are_the_latest_clicks_strictly_before(store, pages: Pages, length: int) -> None:
    ids = store.items["item_id"].to_numpy(object)
    found = click_histories(pages, np.ones(len(pages), bool), ids, length)
    expected = plain_histories(pages, ids, length, {"train", "valid"})
    assert found.tolist() == expected
    assert max(map(len, expected)) > 0
    assert all(not h for h, user in zip(expected, pages.table["user_id"], strict=True) if not user)


def test_split_by_query_uses_clicks_on_training_pages_only(store, pages: Pages) -> None:
    ids = store.items["item_id"].to_numpy(object)
    found = add_sequences(pages, [HISTORY], ids, by_query=True).table["history"].tolist()
    assert found == plain_histories(pages, ids, 3, {"train"})
    assert found != plain_histories(pages, ids, 3, {"train", "valid"})


def test_later_events_do_not_change_earlier_histories(store, pages: Pages) -> None:
    ids = store.items["item_id"].to_numpy(object)
    before = add_sequences(pages, [HISTORY], ids, by_query=False).table["history"].tolist()
    late = pages.page_of_impression >= 20
    clicked = pages.clicked.copy()
    clicked[late] = np.random.default_rng(0).permutation(clicked[late])
    shuffled = dataclasses.replace(pages, clicked=clicked)
    after = add_sequences(shuffled, [HISTORY], ids, by_query=False).table["history"].tolist()
    assert after[:21] == before[:21]
    assert after != before


def test_a_column_of_the_table_is_used_and_cut(pages: Pages) -> None:
    column = pd.Series([["a", "b", "c", "d"], None] * (len(pages) // 2), dtype=object)
    given = dataclasses.replace(pages, table=pages.table.assign(history=column))
    found = add_sequences(given, [HISTORY], np.array([]), by_query=False).table["history"].tolist()
    assert found[:2] == [["a", "b", "c"], []]
