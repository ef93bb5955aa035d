"""Ranking by id; scores by the rule of official_server.py."""

from typing import Any

import pytest

from shelfrank_client import PageQuery, RankedItem, RankedPage, Unavailable


def test_items_come_best_first_with_their_figures(client: Any) -> None:
    page = client.rank("drill", ["100", "300", "new", "200"])
    assert [item.item_id for item in page] == ["300", "200", "100", "new"]
    assert [item.known for item in page] == [True, True, True, False]
    first = page[0]
    assert first.score == pytest.approx(0.3 + 0.05)
    assert first.ctr == pytest.approx(0.175)
    assert first.cvr == pytest.approx(0.0875)
    assert first.ctcvr == pytest.approx(0.175 * 0.0875)


def test_a_page_is_a_sequence_that_names_the_model_version(client: Any) -> None:
    page = client.rank("drill", ["100", "300"])
    assert isinstance(page, RankedPage)
    assert len(page) == 2
    assert isinstance(page[-1], RankedItem)
    assert page[-1].item_id == "100"
    assert [item.item_id for item in page[:1]] == ["300"]
    assert (page.model_version, page.degraded, page.reason) == (3, False, "")


def test_k_keeps_the_best(client: Any) -> None:
    assert [item.item_id for item in client.rank("q", ["1", "2", "3"], k=2)] == ["3", "2"]
    assert len(client.rank("q", ["1", "2"], k=24)) == 2


def test_user_context_and_history_reach_the_score(client: Any) -> None:
    page = client.rank(
        "ab", ["100"], user={"user_id": "u7", "region": "north"}, context={"age": 50}, history=["100", "7", "new"]
    )
    assert page[0].score == pytest.approx(0.1 + 0.02 + 1 + 0.005 + 0.2)


@pytest.mark.parametrize("model", ["shelfrank", "content"])
def test_both_forms_of_answers_are_read(connect: Any, model: str) -> None:
    page = connect(model=model).rank("q", ["100", "200"])
    assert [(item.item_id, item.known) for item in page] == [("200", True), ("100", True)]
    assert [item.score for item in page] == pytest.approx([0.21, 0.11])


def test_values_left_out_of_an_answer_are_the_last_one_or_0(connect: Any) -> None:
    page = connect(model="constant").rank("q", ["100", "200"])
    assert [item.ctr for item in page] == pytest.approx([0.105, 0.105])
    assert [item.cvr for item in page] == [0.0, 0.0]
    assert [item.known for item in page] == [True, True]


def test_an_empty_query_and_text_of_any_script_are_ranked(client: Any) -> None:
    assert client.rank("", ["100"])[0].score == pytest.approx(0.1)
    page = client.rank("手机壳", ["商品一", "🛒"])
    assert {item.item_id for item in page} == {"商品一", "🛒"}
    assert page[0].score == pytest.approx(0.03)


def test_a_query_of_100_kb_and_10_000_candidates_are_ranked(client: Any) -> None:
    page = client.rank("x" * 100_000, [str(n) for n in range(10_000)], k=1)
    assert page[0].item_id == "9999"
    assert page[0].score == pytest.approx(9.999 + 1000)


def test_no_candidates_give_an_empty_page_without_a_call(connect: Any, dead_port: int) -> None:
    client = connect(dead_port)
    page = client.rank("q", [])
    assert (len(page), page.model_version, page.degraded) == (0, None, False)
    assert [len(p) for p in client.rank_pages([PageQuery("q", []), PageQuery("r", ())])] == [0, 0]
    assert client.rank_pages([]) == []


def test_candidates_may_come_from_any_iterable(client: Any) -> None:
    page = client.rank("q", (str(n) for n in (1, 2)), history=iter(["1"]))
    assert [item.item_id for item in page] == ["2", "1"]


def test_ragged_pages_are_ranked_in_one_call_as_alone(client: Any) -> None:
    pages = [
        PageQuery("drill", ["1", "3", "2"], user={"region": "north"}),
        PageQuery("saw", []),
        PageQuery("", ["new"], history=["1", "2"]),
    ]
    together = client.rank_pages(pages, k=2)
    assert [[item.item_id for item in page] for page in together] == [["3", "2"], [], ["new"]]
    for page, ranked in zip(pages, together, strict=True):
        alone = client.rank(page.query, page.candidates, page.user, page.context, page.history, k=2)
        assert ranked.items == alone.items


def test_a_pinned_version_is_asked_for(connect: Any) -> None:
    assert connect(version=3).rank("q", ["1"]).model_version == 3


def test_another_signature_can_rank(connect: Any, received: Any) -> None:
    assert received(connect(signature="rank").rank, ["1"])["signature"] == "rank"
    assert received(connect().rank, ["1"])["signature"] == "serving_default"


def test_a_newer_model_version_with_other_features_is_noticed(connect: Any, transport: str) -> None:
    client = connect(model=f"rolling-{transport}")
    assert client.rank("publish", ["1"], user={"region": "north"}).model_version == 3
    page = client.rank("q", ["1"], user={"area": "north"})
    assert page.model_version == 4
    assert page[0].score == pytest.approx(0.001 + 0.01 + 1)


def test_channel_options_are_used(connect: Any) -> None:
    client = connect(options=[("grpc.max_receive_message_length", 100)])
    with pytest.raises(Unavailable, match="larger than max"):
        client.rank("q", ["1"])
