"""Clicks of a log as pairs."""

import dataclasses

import numpy as np
import pandas as pd

import small_shop
from trainer.config import RetrievalConfig
from trainer.data.pages import Pages
from trainer.retrieval.clicks import find_clicks, frequent, history_rows

IDS = np.array([f"i{n}" for n in range(8)], object)
CONFIG = RetrievalConfig(history_length=2, purchase_weight=4.0)


def log(users: list[str], clicked: list[list[int]]) -> Pages:
    """Pages of two items, page p shows items 2p and 2p + 1."""
    count = len(users)
    table = pd.DataFrame(
        {
            "timestamp": pd.date_range("2025-01-01", periods=count, freq="h", tz="UTC"),
            "user_id": users,
            "query": "lamp",
            "split": "train",
        }
    )
    labels = np.asarray(clicked, np.int8).ravel()
    return Pages(
        table=table,
        offset=np.arange(count + 1, dtype=np.int64) * 2,
        item=np.arange(2 * count, dtype=np.int32),
        position=np.tile([1, 2], count).astype(np.int32),
        clicked=np.minimum(labels, 1),
        purchased=(labels == 2).astype(np.int8),
        relevance=np.full(2 * count, np.nan, np.float32),
    )


def test_each_click_is_a_pair_and_purchases_weigh_more():
    found = find_clicks(log(["u", "v", "u"], [[1, 0], [0, 0], [2, 1]]), IDS, False, CONFIG)
    assert len(found.pages) == 2
    np.testing.assert_array_equal(found.page, [0, 1, 1])
    np.testing.assert_array_equal(found.item, [0, 4, 5])
    np.testing.assert_array_equal(found.weight, [1.0, 4.0, 1.0])


def test_histories_are_the_earlier_clicks_of_the_user_most_recent_first_and_cut():
    found = find_clicks(log(["u", "v", "u", "u"], [[1, 1], [1, 0], [1, 0], [1, 0]]), IDS, False, CONFIG)
    np.testing.assert_array_equal(found.history, [[0, 0], [0, 0], [2, 1], [5, 2]])


def test_a_log_without_users_has_no_histories():
    found = find_clicks(log(["", ""], [[1, 0], [1, 0]]), IDS, False, CONFIG)
    np.testing.assert_array_equal(found.history, np.zeros((2, 2)))


def test_a_declared_history_is_taken_as_it_is():
    pages = log(["u", "u"], [[1, 0], [1, 0]])
    table = pages.table.assign(history=pd.Series([["i7", "gone", "i1"], []], dtype=object))
    found = find_clicks(dataclasses.replace(pages, table=table), IDS, False, CONFIG)
    np.testing.assert_array_equal(found.history, [[8, 0], [0, 0]])


def test_with_a_split_by_query_histories_hold_training_clicks_only():
    pages = log(["u", "u", "u"], [[1, 0], [1, 0], [1, 0]])
    table = pages.table.assign(split=["train", "test", "valid"])
    found = find_clicks(dataclasses.replace(pages, table=table), IDS, True, CONFIG)
    np.testing.assert_array_equal(found.history, [[0, 0], [1, 0], [1, 0]])
    np.testing.assert_array_equal(found.of_split("train"), [0])
    np.testing.assert_array_equal(found.of_split("test"), [1])


def test_lists_without_any_item_are_rows_of_nothing():
    np.testing.assert_array_equal(history_rows(pd.Series([[], []], dtype=object), IDS, 3), np.zeros((2, 3)))


def test_frequent_values_are_sorted_and_never_empty():
    assert frequent(np.array(["b", "a", "b", "", "", "a", "c"], object), 2) == ["a", "b"]


def test_the_small_shop_has_its_clicks():
    pages = small_shop.pages()
    found = find_clicks(pages, IDS, False, CONFIG)
    assert len(found.item) == (pages.clicked == 1).sum()
