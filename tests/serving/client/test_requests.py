"""What the server receives, read there with the official stubs, and what is refused before it is sent."""

import json
from typing import Any

import pytest

from shelfrank_client import InvalidRequest, PageQuery, RankingError


def test_what_is_not_given_is_sent_as_missing(client: Any, received: Any) -> None:
    assert received(client.rank, ["1", "2"]) == {
        "version": None,
        "label": "",
        "signature": "serving_default",
        "inputs": {
            "query": ["show"],
            "item_id": [["1", "2"]],
            "user_id": [""],
            "history": [[""]],
            "region": [""],
            "age": ["nan"],
            "visits": ["0"],
            "taste": [["nan", "nan"]],
            "carts": [[""]],
        },
        "dtypes": {
            "query": "string",
            "item_id": "string",
            "user_id": "string",
            "history": "string",
            "region": "string",
            "age": "float32",
            "visits": "int64",
            "taste": "float32",
            "carts": "string",
        },
    }


def test_every_kind_of_feature_arrives(client: Any, received: Any) -> None:
    user = {"user_id": "u7", "region": "north", "age": 41, "taste": (0.5, -1), "carts": ["5", "6"]}
    inputs = received(client.rank, ["1"], user=user, context={"visits": 7}, history=["9", "8"])["inputs"]
    assert inputs["user_id"] == ["u7"]
    assert inputs["region"] == ["north"]
    assert inputs["age"] == ["41.0"]
    assert inputs["taste"] == [["0.5", "-1.0"]]
    assert inputs["carts"] == [["5", "6"]]
    assert inputs["visits"] == ["7"]
    assert inputs["history"] == [["9", "8"]]


def test_none_is_a_missing_value(client: Any, received: Any) -> None:
    user = {"user_id": None, "region": None, "age": None, "taste": None, "carts": None}
    inputs = received(client.rank, ["1"], user=user)["inputs"]
    assert (inputs["user_id"], inputs["region"], inputs["age"]) == ([""], [""], ["nan"])
    assert (inputs["taste"], inputs["carts"]) == ([["nan", "nan"]], [[""]])


def test_ragged_pages_are_padded(client: Any) -> None:
    pages = [
        PageQuery("show", ["1", "2"], {"region": "north", "age": 3.5}, history=["9"]),
        PageQuery("saw", ["3"], {"user_id": "u1"}, {"carts": ["4", "5"]}),
    ]
    with pytest.raises(InvalidRequest) as caught:
        client.rank_pages(pages)
    inputs = json.loads(caught.value.details)["inputs"]
    assert inputs["query"] == ["show", "saw"]
    assert inputs["item_id"] == [["1", "2"], ["3", ""]]
    assert inputs["user_id"] == ["", "u1"]
    assert inputs["region"] == ["north", ""]
    assert inputs["age"] == ["3.5", "nan"]
    assert inputs["history"] == [["9"], [""]]
    assert inputs["carts"] == [["", ""], ["4", "5"]]


def test_a_version_is_sent_only_where_one_is_given(connect: Any, received: Any) -> None:
    assert received(connect().rank, ["1"])["version"] is None
    assert received(connect(version=3).rank, ["1"])["version"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": ["1", "2", "1"]}, "candidates: '1' is there more than once"),
        ({"candidates": ["1", 2]}, "candidates: expected item ids as text, found 2"),
        ({"candidates": ["1", None]}, "candidates: expected item ids as text, found None"),
        ({"candidates": ["1", ""]}, "candidates: expected item ids that are not empty"),
        ({"candidates": "123"}, "candidates: expected a list of item ids, found '123'"),
        ({"candidates": None}, "candidates: expected a list of item ids, found None"),
        ({"candidates": [str(n) for n in range(10_001)]}, "candidates: 10001 items, at most 10000"),
        ({"candidates": ["\ud800"]}, "item_id: expected string"),
        ({"query": None}, "query: expected text, found None"),
        ({"query": b"drill"}, "query: expected text"),
        ({"history": "123"}, "history: expected a list of item ids"),
        ({"history": [5]}, "history: expected item ids as text, found 5"),
        ({"user": "u7"}, "user: expected a mapping"),
        ({"context": [1]}, "context: expected a mapping"),
        ({"user": {"user_id": 7}}, "user_id: expected string, found 7"),
        ({"user": {"region": 7}}, "region: expected string, found 7"),
        ({"user": {"region": ["north"]}}, "region: expected string"),
        ({"user": {"age": "41"}}, "age: expected float32, found '41'"),
        ({"user": {"age": float("inf")}}, "age: expected float32, found inf"),
        ({"user": {"age": 1e300}}, "age: expected float32, found 1e\\+300"),
        ({"context": {"visits": 1.5}}, "visits: expected int64, found 1.5"),
        ({"context": {"visits": 2**63}}, "visits: expected int64, found 9223372036854775808"),
        ({"user": {"taste": [1.0]}}, "taste: expected 2 numbers, found 1"),
        ({"user": {"taste": 1.0}}, "taste: expected a list of numbers, found 1.0"),
        ({"user": {"taste": "ab"}}, "taste: expected float32, found 'a'"),
        ({"user": {"carts": "5"}}, "carts: expected a list of item ids, found '5'"),
        ({"user": {"regoin": "x"}}, "feature 'regoin'; there are: user_id, age, carts, region, taste, visits"),
        ({"user": {"age": 1}, "context": {"age": 2}}, "feature 'age' is given in both user and context"),
        ({"k": 0}, "k: expected a whole number from 1"),
        ({"k": 1.5}, "k: expected a whole number from 1"),
        ({"deadline": 0}, "deadline: expected seconds above 0, found 0"),
        ({"deadline": float("nan")}, "deadline: expected seconds above 0, found nan"),
        ({"deadline": "1"}, "deadline: expected seconds above 0, found '1'"),
    ],
)
def test_a_request_that_can_not_be_right_is_refused(client: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        client.rank(**{"query": "q", "candidates": ["1"], **arguments})
    assert caught.value.code == "INVALID_ARGUMENT"
    assert len(str(caught.value)) < 200


def test_the_number_of_candidates_can_be_bounded_otherwise(connect: Any) -> None:
    client = connect(max_candidates=2)
    assert len(client.rank("q", ["1", "2"])) == 2
    with pytest.raises(InvalidRequest, match="3 items, at most 2"):
        client.rank("q", ["1", "2", "3"])


def test_pages_must_be_page_queries(client: Any) -> None:
    with pytest.raises(InvalidRequest, match="pages: expected PageQuery objects, found"):
        client.rank_pages([("q", ["1"])])


@pytest.mark.parametrize(
    "options",
    [{"model": ""}, {"deadline": 0}, {"version": -1}, {"version": "3"}, {"max_candidates": 0}, {"signature": ""}],
)
def test_a_client_with_impossible_settings_is_refused(connect: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(options))):
        connect(**options)


def test_a_closed_client_says_so(client: Any) -> None:
    client.close()
    with pytest.raises(RankingError, match="the client is closed"):
        client.rank("q", ["1"])
