"""Ranking items that bring their features, and the encoders; rules as in official_server.py."""

from typing import Any

import pytest

from shelfrank_client import InvalidRequest, ServerError

ITEMS = [
    {"item_id": "new", "title": "cordless drill", "price": 500.0, "image": [0.5, 1.0]},
    {"item_id": "2", "price": 800},
]


def test_items_are_ranked_by_the_features_they_bring(client: Any) -> None:
    page = client.rank_items("ab", ITEMS, user={"region": "north"}, history=["1"])
    assert [item.item_id for item in page] == ["2", "new"]
    assert [item.score for item in page] == pytest.approx([0.8 + 0.02 + 1 + 0.1, 0.5 + 0.02 + 1 + 0.1])
    assert len(client.rank_items("ab", ITEMS, k=1)) == 1


def test_item_features_arrive_and_missing_ones_are_missing(client: Any, received: Any) -> None:
    shown = received(client.rank_items, ITEMS, context={"visits": 3})
    assert shown["signature"] == "rank_items"
    inputs = shown["inputs"]
    assert inputs["item_id"] == [["new", "2"]]
    assert inputs["title"] == [["cordless drill", ""]]
    assert inputs["price"] == [["500.0", "800.0"]]
    assert inputs["image"] == [[["0.5", "1.0"], ["nan", "nan"]]]
    assert inputs["visits"] == ["3"]


def test_no_items_give_an_empty_page_without_a_call(connect: Any, dead_port: int) -> None:
    assert len(connect(dead_port).rank_items("q", [])) == 0


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"title": "x"}], "items: expected mappings with an 'item_id'"),
        (["new"], "items: expected mappings with an 'item_id', found 'new'"),
        ([{"item_id": "1", "prize": 3}], "'prize'; there are: item_id, image, price, title"),
        ([{"item_id": "1"}, {"item_id": "1"}], "'1' is there more than once"),
        ([{"item_id": "1", "price": "3"}], "price: expected float32, found '3'"),
        ([{"item_id": "1", "image": [1, 2, 3]}], "image: expected 2 numbers, found 3"),
        ([{"item_id": 1}], "expected item ids as text, found 1"),
    ],
)
def test_items_that_can_not_be_right_are_refused(client: Any, items: list[Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        client.rank_items("q", items)


def test_queries_are_encoded_with_their_text_features(client: Any) -> None:
    assert client.encode_query("ab", "abc") == [[2.0, 0.0, 0.5], [3.0, 0.0, 0.5]]
    assert client.encode_query("ab", features={"region": "north"}) == [[2.0, 5.0, 0.5]]
    assert client.encode_query() == []


def test_items_are_encoded(client: Any) -> None:
    assert client.encode_item({"title": "drill"}, {}) == [[5.0, 0.0, 0.5], [0.0, 0.0, 0.5]]


def test_inputs_that_an_encoder_does_not_take_are_refused(client: Any) -> None:
    with pytest.raises(InvalidRequest, match="unknown input 'age'; there are: query, region"):
        client.encode_query("ab", features={"age": 3})
    with pytest.raises(InvalidRequest, match="encode_item: expected mappings"):
        client.encode_item("drill")
    with pytest.raises(InvalidRequest, match="query: expected string, found 3"):
        client.encode_query(3)


def test_vectors_in_another_shape_are_a_server_error(connect: Any) -> None:
    with pytest.raises(ServerError, match="shape \\[3\\] for 1 rows"):
        connect(model="flat").encode_query("ab")
