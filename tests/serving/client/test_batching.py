"""Requests that a server joins into batches: padding of TF Serving is taken away, and lists are sent in few lengths."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shelfrank_client import InvalidRequest, PageQuery, RankingClient, ServerError, protocol, tensors
from shelfrank_client.shapes import Shapes

LONG = [str(number) for number in range(500, 530)]
Beside = Callable[..., list[Any]]


@pytest.fixture
def beside(connect: Any, ports: dict[str, int]) -> Iterator[Beside]:
    """Make a request while another client sends a second one to the same batch; the two answers."""
    options = {"model": "batching", "deadline": 20.0}
    with ThreadPoolExecutor(1) as pool, RankingClient(f"127.0.0.1:{ports['serving']}", **options) as other:

        def ask(method: str, *arguments: Any, second: tuple[Any, ...], **settings: Any) -> list[Any]:
            joined = pool.submit(getattr(other, method), *second)
            return [getattr(connect(model="batching", **settings), method)(*arguments), joined.result(30)]

        yield ask


def test_a_page_joined_with_a_longer_one_is_ranked_as_alone(client: Any, beside: Beside) -> None:
    short, long = beside("rank", "drill", ["2", "30", "1"], second=("saw", LONG))
    assert short.items == client.rank("drill", ["2", "30", "1"]).items
    assert long.items == client.rank("saw", LONG).items


def test_pages_of_one_request_lose_the_first_pages_padding(client: Any, beside: Beside) -> None:
    pages = [PageQuery("a", ["7", "8"]), PageQuery("b", []), PageQuery("c", ["9"]), PageQuery("d", ["6", "7"])]
    ranked, other = beside("rank_pages", pages, second=([PageQuery("saw", LONG)],))
    assert [page.items for page in ranked] == [page.items for page in client.rank_pages(pages)]
    assert len(other[0]) == len(LONG)


def test_pages_that_begin_with_an_empty_one_are_padded_with_nothing(client: Any, beside: Beside) -> None:
    pages = [PageQuery("b", []), PageQuery("a", ["7", "8"])]
    ranked, _ = beside("rank_pages", pages, second=([PageQuery("saw", LONG)],))
    assert [page.items for page in ranked] == [page.items for page in client.rank_pages(pages)]


def test_items_with_features_joined_with_a_longer_list_are_ranked_as_alone(client: Any, beside: Beside) -> None:
    items = [{"item_id": "new", "price": 5.0}, {"item_id": "2", "price": 8.0}]
    ranked, _ = beside("rank_items", "q", items, second=("saw", [{"item_id": i, "price": 1.0} for i in LONG]))
    assert ranked.items == client.rank_items("q", items).items


def test_parts_of_a_long_list_that_are_joined_lose_their_own_padding(connect: Any, client: Any) -> None:
    assert connect(model="batching", chunk=20).rank("saw", LONG).items == client.rank("saw", LONG).items


def test_of_a_history_joined_with_a_longer_one_only_its_own_items_count(client: Any, beside: Beside) -> None:
    asked = ("q", ["1", "2"], None, None, ["9"])
    other = ("q", ["1", "2"], None, None, ["9", "8", "7"])
    padded, _ = beside("rank", *asked, second=other)
    assert padded[0].score == pytest.approx(client.rank(*asked)[0].score + 0.2), "what the setting is there for"
    alone, _ = beside("rank", *asked, second=other, history_length=3)
    assert alone.items == client.rank(*asked).items


def test_lists_are_filled_up_to_the_next_size(connect: Any, received: Any) -> None:
    client = connect(list_sizes=(2, 4))
    for count, size in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 5)):
        ids = LONG[:count]
        assert received(client.rank, ids)["inputs"]["item_id"] == [ids + [""] * (size - count)]
        assert connect(list_sizes=[2, 4]).rank("q", ids).items == connect().rank("q", ids).items


def test_items_with_features_are_filled_up_with_missing_ones(connect: Any, received: Any) -> None:
    client = connect(list_sizes=(3,))
    items = [{"item_id": "new", "title": "drill", "price": 5.0, "image": [0.5, 1.0]}, {"item_id": "2", "price": 8.0}]
    inputs = received(client.rank_items, items)["inputs"]
    assert inputs["item_id"] == [["new", "2", ""]]
    assert inputs["title"] == [["drill", "", ""]]
    assert inputs["price"] == [["5.0", "8.0", "nan"]]
    assert inputs["image"] == [[["0.5", "1.0"], ["nan", "nan"], ["nan", "nan"]]]
    assert client.rank_items("q", items).items == connect().rank_items("q", items).items


def test_parts_of_long_lists_are_filled_up_each(talk: Any, signatures: Any) -> None:
    steps = talk(chunk=8, shapes=Shapes((4, 8))).rank(PageQuery("q", LONG[:11]), None, None, False)
    next(steps)
    sent = [tensors.unpack(call.request.inputs["item_id"]) for call in steps.send(signatures).calls]
    assert [shape for _, shape in sent] == [[1, 8], [1, 4]]
    assert sent[1][0] == [item.encode() for item in (*LONG[8:11], "")]


def test_sequences_are_cut_to_the_most_recent_items_and_filled_up(connect: Any, received: Any) -> None:
    client = connect(history_length=2)

    def sent(**given: Any) -> tuple[Any, Any]:
        inputs = received(client.rank, ["1"], **given)["inputs"]
        return inputs["history"], inputs["carts"]

    assert sent(history=["9", "8", "7"], user={"carts": ["5"]}) == ([["9", "8"]], [["5", ""]])
    assert sent() == ([["", ""]], [["", ""]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"list_sizes": [24, 12]}, r"list_sizes: expected whole numbers from 1 that grow, or None, found \[24, 12\]"),
        ({"list_sizes": [12, 12]}, "list_sizes: expected whole numbers from 1 that grow"),
        ({"list_sizes": [0, 12]}, "list_sizes: expected whole numbers from 1 that grow"),
        ({"list_sizes": ["12"]}, "list_sizes: expected whole numbers from 1 that grow"),
        ({"list_sizes": 24}, "list_sizes: expected whole numbers from 1 that grow, or None, found 24"),
        ({"history_length": 0}, "history_length: expected a whole number from 1, or None, found 0"),
        ({"history_length": True}, "history_length: expected a whole number from 1, or None, found True"),
    ],
)
def test_lengths_that_can_not_be_are_refused(connect: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        connect(**settings)


def answered(talk: Any, signatures: Any, asked: list[str], ids: list[str], scores: list[float]) -> list[str]:
    """The ids of the page that a client makes of an answer."""
    response = protocol.PredictResponse()
    for name in ("score", "ctr", "cvr", "ctcvr"):
        response.outputs[name].CopyFrom(tensors.pack(scores, (1, len(ids)), tensors.FLOAT, name))
    response.outputs["known"].CopyFrom(tensors.pack([True] * len(ids), (1, len(ids)), tensors.BOOL, "known"))
    response.outputs["item_id"].CopyFrom(tensors.pack(ids, (1, len(ids)), tensors.STRING, "item_id"))
    steps = talk().rank(PageQuery("q", asked), None, None, False)
    next(steps)
    steps.send(signatures)
    with pytest.raises(StopIteration) as end:
        steps.send(response)
    return [item.item_id for item in end.value.value]


def test_only_the_first_candidate_may_be_there_more_than_once(talk: Any, signatures: Any) -> None:
    assert answered(talk, signatures, ["1", "2"], ["2", "1", "1", ""], [0.9, 0.5, 0.5, 0.0]) == ["2", "1"]
    with pytest.raises(ServerError, match="does not hold the 2 items asked for"):
        answered(talk, signatures, ["1", "2"], ["2", "2", "1"], [0.9, 0.9, 0.5])
    with pytest.raises(ServerError, match="does not hold the 2 items asked for"):
        answered(talk, signatures, ["1", "2"], ["3", "2", "1"], [0.9, 0.9, 0.5])
    with pytest.raises(ServerError, match="does not hold the 2 items asked for"):
        answered(talk, signatures, ["1", "2"], ["1", "1"], [0.9, 0.9])


def test_a_candidate_that_came_back_with_two_scores_is_no_ranking(talk: Any, signatures: Any) -> None:
    with pytest.raises(ServerError, match=r"holds '1' 2 times with different scores.*list_sizes"):
        answered(talk, signatures, ["1", "2"], ["1", "2", "1"], [0.9, 0.7, 0.5])
