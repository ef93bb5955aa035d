import dataclasses

import numpy as np
import pytest

from trainer.collaborative.popularity import popularity
from trainer.config import CollaborativeConfig, PopularityConfig

BY_BRAND = CollaborativeConfig(popularity=PopularityConfig(half_life_days=10, category="brand"))


def scores(table, category):
    part = table[table["category"] == category]
    return dict(zip(part["item_id"], part["score"], strict=True))


def test_interactions_count_half_after_each_half_life_whoever_did_them(pages, items):
    found = scores(popularity(pages, items, BY_BRAND, []), "")
    # Bought 20 days ago, clicked twice 10 days ago, once now; and the others likewise.
    assert found == pytest.approx(
        {"lamp": 4 / 4 + 2 / 2 + 1, "shade": 1 / 4 + 1 / 2, "saw": 2, "drill": 4 / 2 + 1, "chair": 1}
    )


def test_each_category_has_its_own_list_and_items_without_one_are_in_that_of_all_only(pages, items):
    table = popularity(pages, items, BY_BRAND, [])
    assert list(dict.fromkeys(table["category"])) == ["", "acme", "bolt"]
    assert scores(table, "acme") == pytest.approx({"lamp": 3, "shade": 0.75})
    assert scores(table, "bolt") == pytest.approx({"drill": 3, "saw": 2})


def test_the_most_popular_come_first_and_equals_in_the_order_of_the_table(pages, items):
    table = popularity(pages, items, BY_BRAND, [])
    assert table["item_id"][:5].tolist() == ["lamp", "drill", "saw", "chair", "shade"]


def test_without_a_category_there_is_one_list(pages, items):
    table = popularity(pages, items, CollaborativeConfig(), [])
    assert set(table["category"]) == {""}
    assert len(table) == 5


def test_the_newest_page_is_now(pages, items):
    older = dataclasses.replace(pages, table=pages.table.assign(timestamp=pages.table["timestamp"].min()))
    found = scores(popularity(older, items, BY_BRAND, []), "")
    assert found["lamp"] == 7


def test_where_nothing_was_clicked_nothing_is_popular(pages, items):
    nothing = np.zeros_like(pages.clicked)
    table = popularity(dataclasses.replace(pages, clicked=nothing, purchased=nothing), items, BY_BRAND, [])
    assert table.empty
    assert list(table.columns) == ["item_id", "score", "category"]
