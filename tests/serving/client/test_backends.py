"""Several servers: whose turn it is, and which are left alone."""

import time
from typing import Any

import pytest

from shelfrank_client import Breaker, InvalidRequest, Retry, Unavailable
from shelfrank_client.backends import Backends


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_servers_take_turns() -> None:
    backends = Backends(["a", "b", "c"], Breaker())
    assert [backends.choose() for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_servers_that_failed_a_request_come_last() -> None:
    backends = Backends(["a", "b", "c"], Breaker())
    assert backends.choose([0, 1]) == 2
    assert backends.choose([0]) in (1, 2)
    assert backends.choose([0, 1, 2]) is not None


def test_a_server_that_failed_in_a_row_is_left_alone_and_then_tried_once() -> None:
    clock = Clock()
    backends = Backends(["a", "b"], Breaker(failures=2, seconds=1.0), clock)
    backends.failed(0)
    assert {backends.choose() for _ in range(4)} == {0, 1}
    backends.failed(0)
    assert {backends.choose() for _ in range(4)} == {1}
    clock.now += 0.99
    assert {backends.choose() for _ in range(4)} == {1}
    clock.now += 0.02
    assert [backends.choose() for _ in range(4)].count(0) == 1
    backends.failed(0)
    clock.now += 0.99
    assert {backends.choose() for _ in range(4)} == {1}
    clock.now += 0.02
    assert [backends.choose() for _ in range(4)].count(0) == 1
    backends.answered(0)
    assert [backends.choose() for _ in range(4)].count(0) == 2
    backends.failed(0)
    assert {backends.choose() for _ in range(4)} == {0, 1}, "an answer ends the row of failures"


def test_a_trial_that_is_never_answered_is_followed_by_another() -> None:
    clock = Clock()
    backends = Backends(["a"], Breaker(failures=1, seconds=1.0), clock)
    backends.failed(0)
    assert backends.choose() is None
    clock.now += 1.0
    assert [backends.choose(), backends.choose()] == [0, None]
    clock.now += 1.0
    assert [backends.choose(), backends.choose()] == [0, None]


def test_without_a_breaker_no_server_is_left_alone() -> None:
    backends = Backends(["a"], None)
    for _ in range(99):
        backends.failed(0)
    assert backends.choose() == 0


def test_a_dead_server_costs_no_request(connect: Any, ports: dict[str, int], dead_port: int) -> None:
    client = connect(target=[f"127.0.0.1:{dead_port}", f"127.0.0.1:{ports['serving']}"])
    pages = [client.rank("q", ["1", "2"]) for _ in range(40)]
    assert [len(page) for page in pages] == [2] * 40
    assert not any(page.degraded for page in pages)


def test_requests_go_to_all_servers(connect: Any, ports: dict[str, int]) -> None:
    client = connect(target=[f"127.0.0.1:{ports[name]}" for name in ("serving", "not_serving")])
    assert sorted(client.healthy() for _ in range(4)) == [False, False, True, True]


def test_where_all_servers_are_left_alone_requests_fail_at_once(connect: Any, dead_port: int) -> None:
    client = connect(dead_port, retry=Retry(attempts=1), breaker=Breaker(failures=2, seconds=60.0))
    for _ in range(2):
        with pytest.raises(Unavailable, match="UNAVAILABLE"):
            client.rank("q", ["1"])
    start = time.monotonic()
    with pytest.raises(Unavailable, match=f"127.0.0.1:{dead_port}: UNAVAILABLE: failed too often of late"):
        client.rank("q", ["1"])
    page = client.rank("q", ["2", "1"], fallback=True)
    assert time.monotonic() - start < 2
    assert ([item.item_id for item in page], page.degraded) == (["2", "1"], True)


def test_refusals_leave_no_server_alone(connect: Any) -> None:
    client = connect(breaker=Breaker(failures=1, seconds=60.0))
    for _ in range(3):
        with pytest.raises(InvalidRequest):
            client.rank("fail INVALID_ARGUMENT wrong", ["1"])
    assert len(client.rank("q", ["1"])) == 1


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ([], "target: expected text that is not empty, or several of them, found \\[\\]"),
        (["a:1", ""], "target: .*found \\['a:1', ''\\]"),
        (["a:1", "a:1"], "target: each server once"),
        (7, "target: expected text, or several of them, found 7"),
        (["a:1", 7], "target: expected text that is not empty"),
    ],
)
def test_targets_that_can_not_be_are_named(connect: Any, target: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        connect(target=target)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"failures": 0}, "breaker.failures: expected a whole number from 1, found 0"),
        ({"seconds": 0}, "breaker.seconds: expected seconds above 0, found 0"),
        ({"seconds": float("inf")}, "breaker.seconds: .*found inf"),
    ],
)
def test_settings_that_can_not_be_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Breaker(**wrong)
