"""Calls that a server could not take are sent again; what is left over is the caller's order."""

import itertools
import time
from typing import Any

import pytest

from shelfrank_client import DeadlineExceeded, InvalidRequest, PageQuery, Retry, ServerError, Unavailable, protocol
from shelfrank_client.errors import error_of
from shelfrank_client.retry import Store
from shelfrank_client.steps import Call, Wait

NUMBER = itertools.count()


def busy(times: int, code: str = "UNAVAILABLE") -> str:
    """A query that fails so often, and never before."""
    return f"busy {times} {code} {next(NUMBER)}"


@pytest.fixture
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait is the longest that may be drawn."""
    monkeypatch.setattr("shelfrank_client.retry.random.uniform", lambda _, high: high)


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
def test_a_call_that_the_server_could_not_take_is_sent_again(client: Any, code: str) -> None:
    page = client.rank(busy(2, code), ["1", "2"])
    assert ([item.item_id for item in page], page.degraded) == (["2", "1"], False)


@pytest.mark.parametrize("code", ["INTERNAL", "ABORTED", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED"])
def test_other_failures_are_not_sent_again(client: Any, code: str) -> None:
    query = busy(1, code)
    with pytest.raises(Exception, match=f"{code}: call 1"):
        client.rank(query, ["1"])
    assert len(client.rank(query, ["1"])) == 1


def test_after_the_last_attempt_the_error_is_raised(connect: Any) -> None:
    client = connect(retry=Retry(attempts=2))
    query = busy(2)
    with pytest.raises(Unavailable, match="call 2"):
        client.rank(query, ["1"])
    assert len(client.rank(query, ["1"])) == 1


def test_without_further_attempts_a_call_is_sent_once(connect: Any) -> None:
    with pytest.raises(Unavailable, match="call 1"):
        connect(retry=Retry(attempts=1)).rank(busy(1), ["1"])


def test_retries_are_a_share_of_the_requests(connect: Any) -> None:
    client = connect(retry=Retry(attempts=9, backoff=0, share=0.0, burst=3), breaker=None)
    client.metadata()
    with pytest.raises(Unavailable, match="call 4"):
        client.rank(busy(9), ["1"])
    with pytest.raises(Unavailable, match="call 1"):
        client.rank(busy(9), ["1"])


def test_a_store_fills_by_its_share_up_to_its_burst() -> None:
    store = Store(share=0.5, burst=2)
    for _ in range(9):
        store.add()
    assert [store.take() for _ in range(3)] == [True, True, False]
    store.add()
    assert not store.take()
    store.add()
    assert [store.take(), store.take()] == [True, False]


@pytest.mark.usefixtures("longest_waits")
def test_waits_double_up_to_the_longest() -> None:
    retry = Retry(backoff=0.01, longest=0.05)
    assert [retry.wait(attempt) for attempt in (1, 2, 3, 4, 10_000)] == [0.01, 0.02, 0.04, 0.05, 0.05]


def test_waits_are_drawn_between_0_and_the_longest() -> None:
    retry = Retry(backoff=0.01, longest=0.05)
    drawn = [retry.wait(2) for _ in range(2_000)]
    assert 0 <= min(drawn) < 0.001
    assert 0.019 < max(drawn) <= 0.02


@pytest.mark.usefixtures("longest_waits")
def test_a_wait_that_would_outlast_the_deadline_is_not_begun(talk: Any) -> None:
    steps = talk(deadline=0.5, retry=Retry(backoff=0.02, longest=1.0, attempts=9)).status(None)
    failed = error_of("UNAVAILABLE", "", "ranker:8500")
    assert next(steps).timeout <= 0.5
    waits = []
    for _ in range(4):
        waits.append(steps.throw(failed).seconds)
        time.sleep(waits[-1])
        assert steps.send(None).timeout <= 0.5 - sum(waits)
    assert waits == [0.02, 0.04, 0.08, 0.16]
    with pytest.raises(Unavailable):
        steps.throw(failed)


def test_the_request_that_is_sent_again_is_the_same(talk: Any) -> None:
    steps = talk().status(None)
    first = next(steps)
    assert isinstance(steps.throw(error_of("UNAVAILABLE", "", "ranker:8500")), Wait)
    second = steps.send(None)
    assert isinstance(second, Call)
    assert (second.method, second.request) == (protocol.GET_MODEL_STATUS, first.request)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"attempts": 0}, "retry.attempts: expected a whole number from 1, found 0"),
        ({"attempts": True}, "retry.attempts: .*found True"),
        ({"burst": 1.5}, "retry.burst: .*found 1.5"),
        ({"backoff": -1}, "retry.backoff: expected a number from 0, found -1"),
        ({"share": float("nan")}, "retry.share: .*found nan"),
        ({"longest": "1"}, "retry.longest: .*found '1'"),
    ],
)
def test_settings_that_can_not_be_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Retry(**wrong)


def test_what_is_no_retry_is_named(connect: Any) -> None:
    with pytest.raises(InvalidRequest, match="retry: expected a Retry, found 3"):
        connect(retry=3)
    with pytest.raises(InvalidRequest, match="breaker: expected a Breaker, found 3"):
        connect(breaker=3)
    with pytest.raises(InvalidRequest, match="fallback: expected True, False or \"always\", found 'yes'"):
        connect(fallback="yes")


@pytest.mark.parametrize(
    "query", ["fail INTERNAL broken", "fail NOT_FOUND gone", "fail INVALID_ARGUMENT wrong", "fail UNKNOWN what"]
)
def test_with_fallback_always_no_failure_is_raised(client: Any, query: str) -> None:
    page = client.rank(query, ["2", "3", "1"], k=2, fallback="always")
    assert ([item.item_id for item in page], page.degraded, page.model_version) == (["2", "3"], True, None)
    assert query.split(" ", 2)[1] in page.reason


@pytest.mark.parametrize(
    ("request_", "shown", "reason"),
    [
        ({"candidates": ["2", "1", "2"]}, ["2", "1"], "'2' is there more than once"),
        ({"candidates": ["2", "", 7, "1"]}, ["2", "1"], "expected item ids as text"),
        ({"candidates": "21"}, [], "expected a list of item ids"),
        ({"candidates": None}, [], "expected a list of item ids"),
        ({"candidates": ["2", "1"], "k": "x"}, ["2", "1"], "k: expected a whole number"),
        ({"candidates": ["2", "1"], "deadline": 0}, ["2", "1"], "deadline: expected seconds above 0"),
        ({"candidates": ["2", "1"], "user": {"height": 1}}, ["2", "1"], "height"),
    ],
)
def test_with_fallback_always_a_wrong_request_gives_what_can_be_shown(
    connect: Any, request_: dict[str, Any], shown: list[str], reason: str
) -> None:
    page = connect(fallback="always").rank("q", **request_)
    assert ([item.item_id for item in page], page.degraded) == (shown, True)
    assert reason in page.reason


def test_candidates_that_can_be_read_once_are_kept_for_the_fallback(client: Any) -> None:
    page = client.rank("fail INTERNAL broken", (item for item in ["2", "1"]), fallback="always")
    assert ([item.item_id for item in page], page.degraded) == (["2", "1"], True)


def test_a_request_may_ask_for_less_than_its_client_does(connect: Any, dead_port: int) -> None:
    client = connect(dead_port, fallback="always")
    assert client.rank_items("q", [{"item_id": "2"}, 3]).degraded
    assert [len(page) for page in client.rank_pages([PageQuery("q", ["2"]), 5])] == [1, 0]
    assert client.rank("q", ["1"], fallback=True).degraded
    with pytest.raises(Unavailable):
        client.rank("q", ["1"], fallback=False)
    with pytest.raises(InvalidRequest):
        client.rank("q", ["1", "1"], fallback=True)


def test_a_lasting_answer_that_is_no_ranking_is_shown_in_the_callers_order(connect: Any) -> None:
    page = connect(model="losing", fallback="always").rank("q", ["1", "2"])
    assert ([item.item_id for item in page], page.degraded) == (["1", "2"], True)
    with pytest.raises(ServerError):
        connect(model="losing").rank("q", ["1", "2"], fallback=True)


def test_a_late_answer_is_not_asked_for_again(client: Any) -> None:
    client.metadata()
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        client.rank("hang", ["1"], deadline=0.2)
    assert time.monotonic() - start < 2
