"""Long lists are sent in parts and come back as one page."""

import itertools
from typing import Any

import pytest

from shelfrank_client import (
    CallEvent,
    InvalidRequest,
    PageQuery,
    RankedItem,
    RankedPage,
    ServerError,
    protocol,
    tensors,
)
from shelfrank_client.chunks import merge, split
from shelfrank_client.page_query import CheckedPage
from shelfrank_client.steps import Together

NUMBER = itertools.count()
MANY = [str(number * 37 % 101) for number in range(1, 80)]


def test_a_list_in_parts_is_ranked_as_the_whole(connect: Any) -> None:
    told: list[Any] = []
    whole = connect().rank("q", MANY)
    for chunk, calls in ((10, 8), (78, 2), (79, 1), (500, 1)):
        client = connect(chunk=chunk, observer=told.append)
        client.metadata()
        told.clear()
        page = client.rank("q", MANY)
        assert page.items == whole.items
        assert page.model_version == whole.model_version
        assert sum(isinstance(event, CallEvent) for event in told) == calls


def test_k_counts_the_whole_list(connect: Any) -> None:
    page = connect(chunk=10).rank("q", MANY, k=12)
    assert page.items == connect().rank("q", MANY).items[:12]


def test_pages_of_other_lengths_go_along(connect: Any) -> None:
    pages = [PageQuery("q", MANY[:25]), PageQuery("drill", []), PageQuery("a", ["5", "7"]), PageQuery("b", MANY[:11])]
    whole = connect().rank_pages(pages)
    parts = connect(chunk=10).rank_pages(pages)
    assert [page.items for page in parts] == [page.items for page in whole]
    assert len({page.request_id for page in parts}) == 1


def test_items_with_features_are_parted_with_them(connect: Any) -> None:
    items = [{"item_id": f"i{n}", "price": float(n * 7 % 23), "title": "t"} for n in range(23)]
    assert connect(chunk=5).rank_items("q", items).items == connect().rank_items("q", items).items


def test_a_part_that_the_server_could_not_take_is_sent_again(connect: Any) -> None:
    told: list[Any] = []
    client = connect(chunk=30, observer=told.append)
    client.metadata()
    told.clear()
    page = client.rank(f"busy 1 UNAVAILABLE parts{next(NUMBER)}{id(told)}", MANY)
    assert sorted(item.item_id for item in page) == sorted(MANY)
    codes = [(event.attempt, event.code) for event in told if isinstance(event, CallEvent)]
    assert sorted(codes) == [(1, "OK"), (1, "OK"), (1, "UNAVAILABLE"), (2, "OK")]


def test_a_part_that_fails_fails_the_page(connect: Any) -> None:
    with pytest.raises(ServerError, match="broken"):
        connect(chunk=30).rank("fail INTERNAL broken", MANY)
    page = connect(chunk=30).rank("fail INTERNAL broken", MANY, fallback="always")
    assert [item.item_id for item in page] == MANY


def test_a_version_that_comes_between_the_parts_ranks_all_of_them(connect: Any, transport: str) -> None:
    client = connect(model=f"rolling-parts-{transport}", chunk=10)
    page = client.rank("publish", MANY)
    assert sorted(item.item_id for item in page) == sorted(MANY)
    assert client.rank("publish", MANY).model_version == 4


def answer(ids: list[str], version: int) -> Any:
    response = protocol.PredictResponse()
    response.model_spec.version.value = version
    for name, kind in {"score": float, "ctr": float, "cvr": float, "ctcvr": float, "known": bool}.items():
        dtype = tensors.FLOAT if kind is float else tensors.BOOL
        response.outputs[name].CopyFrom(tensors.pack([kind(1)] * len(ids), (1, len(ids)), dtype, name))
    response.outputs["item_id"].CopyFrom(tensors.pack(ids, (1, len(ids)), tensors.STRING, "item_id"))
    return response


def test_no_page_is_of_two_versions(talk: Any, signatures: Any) -> None:
    steps = talk(deadline=5.0, chunk=2).rank(PageQuery("q", ["1", "2", "3"]), None, None, False)
    next(steps)
    first = steps.send(signatures)
    assert isinstance(first, Together)
    again = steps.send([answer(["1", "2"], 3), answer(["3"], 4)])
    assert isinstance(again, Together)
    assert [call.request for call in again.calls] == [call.request for call in first.calls]
    with pytest.raises(StopIteration) as end:
        steps.send([answer(["2", "1"], 4), answer(["3"], 4)])
    page = end.value.value
    assert page.model_version == 4
    assert [item.item_id for item in page] == ["1", "2", "3"], "equal scores keep the order of the list"


def test_parts_have_the_pages_with_candidates_left() -> None:
    pages = [
        CheckedPage(name, tuple(ids), {}, ()) for name, ids in (("a", "12345"), ("b", ""), ("c", "67"), ("d", "8"))
    ]
    found = [{n: "".join(page.candidates) for n, page in part.items()} for part in split(pages, 2)]
    assert found == [{0: "12", 1: "", 2: "67", 3: "8"}, {0: "34"}, {0: "5"}]
    assert [list(part) for part in split(pages, None)] == [[0, 1, 2, 3]]


def test_merging_sorts_by_score_and_then_by_place() -> None:
    page = CheckedPage("a", ("x", "y", "z", "w"), {}, ())

    def ranked(*items: tuple[str, float]) -> list[RankedPage]:
        return [RankedPage(tuple(RankedItem(name, score, 0.0, 0.0, 0.0, True) for name, score in items), 3)]

    (merged,) = merge([page], split([page], 2), [ranked(("y", 0.5), ("x", 0.2)), ranked(("z", 0.9), ("w", 0.2))], None)
    assert [item.item_id for item in merged] == ["z", "y", "x", "w"]


def test_a_chunk_that_can_not_be_is_named(connect: Any) -> None:
    with pytest.raises(InvalidRequest, match="chunk: expected a whole number from 1, or None for whole lists, found 0"):
        connect(chunk=0)
