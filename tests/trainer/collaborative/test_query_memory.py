import pytest

from trainer.collaborative.interactions import count_interactions
from trainer.collaborative.query_memory import query_memory
from trainer.config import CollaborativeConfig


def remembered(pages, items, most=50, **keys):
    interactions = count_interactions(pages, len(items), CollaborativeConfig(**keys), [])
    return query_memory(interactions, items["item_id"].to_numpy(object), most)


def test_items_of_a_query_are_ranked_by_decayed_clicks_and_purchases(pages, items):
    table = remembered(pages, items, half_life_days=10)
    found = table[table["query"] == "red lamp"]
    assert found["item_id"].tolist() == ["lamp", "shade"]
    assert found["score"].tolist() == pytest.approx([4 / 4 + 2 / 2, 1 / 4 + 1 / 2])
    assert found["rank"].tolist() == [1, 2]


def test_the_empty_query_and_queries_without_a_click_are_not_remembered(pages, items):
    assert remembered(pages, items)["query"].unique().tolist() == ["drill", "lamp", "red lamp"]


def test_a_query_keeps_its_best_items(pages, items):
    table = remembered(pages, items, most=1, half_life_days=10)
    assert dict(zip(table["query"], table["item_id"], strict=True)) == {
        "drill": "drill",
        "lamp": "lamp",
        "red lamp": "lamp",
    }


def test_of_equals_the_one_clicked_more_over_all_queries_comes_first(pages, items):
    # "drill": saw twice, the drill once; over all queries the drill is the more frequent only with its purchase.
    table = remembered(pages, items, half_life_days=None, weights={"click": 1.0})
    found = table[table["query"] == "drill"]
    assert found["score"].tolist() == [2, 2]
    assert found["item_id"].tolist() == ["saw", "drill"]
    swapped = pages.table.assign(query=[*pages.table["query"][:7], "kettle", "lamp"])
    swapped.loc[4, "query"], swapped.loc[5, "query"] = "drill", "saw"
    more = remembered(
        type(pages)(**{**vars(pages), "table": swapped}), items, weights={"click": 1.0}, half_life_days=None
    )
    assert more[more["query"] == "drill"]["item_id"].tolist() == ["drill", "saw"]
