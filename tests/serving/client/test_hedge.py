"""A second call where the first one is late."""

import itertools
import time
from typing import Any

import pytest

from shelfrank_client import CallEvent, Hedge, InvalidRequest, Retry, ServerError
from shelfrank_client.hedge import Hedges

NUMBER = itertools.count()
SOON = Hedge(percentile=50, least=0.5)
"""Late by far for a call that nothing delays, also on a machine with other work."""


@pytest.fixture
def hedging(connect: Any, told: list[Any]) -> Any:
    """A client that has seen enough answers, and was told what comes after them."""
    client = connect(hedge=SOON, observer=told.append, retry=Retry(attempts=1))
    for _ in range(25):
        client.rank("q", ["1"])
    told.clear()
    return client


def fresh(query: str) -> str:
    return f"{query} hedge{next(NUMBER)}x{time.time_ns()}"


def calls(told: list[Any]) -> list[tuple[int, str]]:
    return [(event.attempt, event.code) for event in told if isinstance(event, CallEvent)]


def test_a_late_call_gets_a_second_one_whose_answer_counts(hedging: Any, told: list[Any]) -> None:
    start = time.monotonic()
    page = hedging.rank(fresh("late 5"), ["1", "2"])
    assert time.monotonic() - start < 3
    assert [item.item_id for item in page] == ["2", "1"]
    assert calls(told) == [(2, "OK"), (1, "CANCELLED")]


def test_a_call_in_time_gets_none(hedging: Any, told: list[Any]) -> None:
    hedging.rank("q", ["1"])
    assert calls(told) == [(1, "OK")]


def test_the_first_answer_counts_though_it_is_late(hedging: Any, told: list[Any]) -> None:
    query = fresh("late 1.5")
    hedging.rank(query, ["1"])
    assert (2, "OK") in calls(told)
    told.clear()
    hedging.rank(query, ["1"])
    assert calls(told) == [(1, "OK")]


def test_if_both_fail_the_first_ones_error_is_raised(hedging: Any, told: list[Any]) -> None:
    with pytest.raises(ServerError, match="INTERNAL: call 1"):
        hedging.rank(fresh("slow 1.2 INTERNAL"), ["1"])
    assert sorted(calls(told)) == [(1, "INTERNAL"), (2, "INTERNAL")]


def test_a_call_that_fails_in_time_gets_no_second_one(hedging: Any, told: list[Any]) -> None:
    with pytest.raises(ServerError):
        hedging.rank("fail INTERNAL broken", ["1"])
    assert calls(told) == [(1, "INTERNAL")]


def test_second_calls_are_a_share_of_the_requests(connect: Any, told: list[Any]) -> None:
    client = connect(hedge=Hedge(percentile=50, least=0.3, share=1e-9), observer=told.append)
    for _ in range(25):
        client.rank("q", ["1"])
    told.clear()
    for _ in range(7):
        client.rank(fresh("late 1"), ["1"])
    assert sum(code == "CANCELLED" for _, code in calls(told)) == 5


def test_without_enough_answers_there_is_no_second_call(connect: Any, told: list[Any]) -> None:
    client = connect(hedge=SOON, observer=told.append)
    client.metadata()
    told.clear()
    client.rank(fresh("late 1"), ["1"])
    assert calls(told) == [(1, "OK")]


def test_the_second_call_goes_to_another_server(connect: Any, ports: dict[str, int], told: list[Any]) -> None:
    targets = [f"127.0.0.1:{ports[name]}" for name in ("serving", "no_health")]
    client = connect(target=targets, hedge=SOON, observer=told.append)
    for _ in range(25):
        client.rank("q", ["1"])
    told.clear()
    client.rank(fresh("late 5"), ["1"])
    assert {event.target for event in told if isinstance(event, CallEvent)} == set(targets)


def test_the_delay_is_the_percentile_of_the_last_answers() -> None:
    hedges = Hedges(Hedge(percentile=90, least=0.001))
    for number in range(1, 20):
        hedges.saw(number / 1000)
    assert hedges.delay is None
    hedges.saw(0.020)
    assert hedges.delay == 0.019
    for number in range(21, 1051):
        hedges.saw(number / 1000)
    # It was computed last at 1,020: of the thousandths 21 to 1,020, 900 are below 921.
    assert hedges.delay == 0.921


def test_the_delay_never_falls_below_the_least() -> None:
    hedges = Hedges(Hedge(percentile=50, least=0.5))
    for _ in range(20):
        hedges.saw(0.001)
    assert hedges.delay == 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"percentile": 100}, "hedge.percentile: expected a number above 0 and below 100, found 100"),
        ({"least": 0}, "hedge.least: expected a number above 0, found 0"),
        ({"share": "1"}, "hedge.share: expected a number above 0, found '1'"),
    ],
)
def test_settings_that_can_not_be_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Hedge(**wrong)


def test_what_is_no_hedge_is_named(connect: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"hedge: expected a Hedge, found 0\.1"):
        connect(hedge=0.1)
