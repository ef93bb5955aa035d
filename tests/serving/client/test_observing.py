"""Ids of requests, and what an observer is told."""

import itertools
import logging
from typing import Any

import pytest

from shelfrank_client import CallEvent, InvalidRequest, PageQuery, RankingError, RequestEvent, Retry, Unavailable

NUMBER = itertools.count()


def brief(events: list[CallEvent | RequestEvent]) -> list[tuple[Any, ...]]:
    return [
        (event.method, event.attempt, event.code)
        if isinstance(event, CallEvent)
        else (event.signature, event.rows, event.candidates, event.code, event.degraded, event.model_version)
        for event in events
    ]


def test_a_request_has_an_id_of_its_own_or_the_callers(client: Any) -> None:
    pages = client.rank_pages([PageQuery("q", ["1"]), PageQuery("q", [])])
    assert len({page.request_id for page in pages}) == 1
    assert pages[0].request_id
    assert client.rank("q", ["1"]).request_id != client.rank("q", ["1"]).request_id
    assert client.rank("q", ["1"], request_id="r 17").request_id == "r 17"
    assert client.rank("q", [], request_id="r-18").request_id == "r-18"
    assert client.rank_items("q", [{"item_id": "1"}], request_id="r-19").request_id == "r-19"
    assert client.rank("fail INTERNAL broken", ["1"], request_id="r-20", fallback="always").request_id == "r-20"
    with pytest.raises(InvalidRequest) as caught:
        client.rank("show", ["1"], request_id="r-21")
    assert caught.value.request_id == "r-21"
    assert '"x-request-id": "r-21"' in caught.value.details


@pytest.mark.parametrize("wrong", ["", " r", "r\n", "é", "r" * 129, 7])
def test_an_id_that_can_not_be_sent_is_refused(client: Any, wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="request_id: expected 1 to 128 printable ASCII characters"):
        client.rank("q", ["1"], request_id=wrong)


def test_calls_and_requests_are_told(connect: Any, ports: dict[str, int], told: list[Any]) -> None:
    client = connect(observer=told.append)
    client.metadata()
    client.rank_pages([PageQuery("q", ["1", "2"]), PageQuery("q", ["1"])], request_id="r-1")
    client.encode_query("q", "p")
    client.rank("q", [])
    assert brief(told) == [
        ("GetModelMetadata", 1, "OK"),
        ("Predict", 1, "OK"),
        ("serving_default", 2, 3, "OK", False, 3),
        ("Predict", 1, "OK"),
        ("encode_query", 2, 0, "OK", False, 3),
        ("serving_default", 1, 0, "OK", False, None),
    ]
    call, request = told[1:3]
    assert call.request_id == request.request_id == "r-1"
    assert call.target == f"127.0.0.1:{ports['serving']}"
    assert request.model == "shelfrank"
    assert 0 < call.seconds <= request.seconds < 20


def test_failures_are_told_with_their_codes(connect: Any, told: list[Any]) -> None:
    client = connect(observer=told.append, retry=Retry(attempts=2))
    client.metadata()
    told.clear()
    client.rank(f"busy 1 UNAVAILABLE observed{next(NUMBER)}{id(told)}", ["1"])
    client.rank("fail UNAVAILABLE away", ["1", "2"], fallback=True)
    with pytest.raises(Unavailable):
        client.rank("fail UNAVAILABLE away", ["1"])
    with pytest.raises(InvalidRequest):
        client.rank("q", ["1", "1"])
    with pytest.raises(RankingError):
        client.encode_query("fail INTERNAL broken")
    assert brief(told) == [
        ("Predict", 1, "UNAVAILABLE"),
        ("Predict", 2, "OK"),
        ("serving_default", 1, 1, "OK", False, 3),
        ("Predict", 1, "UNAVAILABLE"),
        ("Predict", 2, "UNAVAILABLE"),
        ("serving_default", 1, 2, "UNAVAILABLE", True, None),
        ("Predict", 1, "UNAVAILABLE"),
        ("Predict", 2, "UNAVAILABLE"),
        ("serving_default", 1, 1, "UNAVAILABLE", False, None),
        ("serving_default", 1, 2, "INVALID_ARGUMENT", False, None),
        ("Predict", 1, "INTERNAL"),
        ("encode_query", 1, 0, "INTERNAL", False, None),
    ]
    assert len({event.request_id for event in told[:3]}) == 1


def test_an_observer_that_fails_costs_no_request(connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: object) -> None:
        raise ValueError("no metrics today")

    with caplog.at_level(logging.ERROR, "shelfrank_client"):
        assert len(connect(observer=fail).rank("q", ["1"])) == 1
    assert "no metrics today" in caplog.text
    assert "RequestEvent" in caplog.text


def test_an_observer_that_can_not_be_called_is_named(connect: Any) -> None:
    with pytest.raises(InvalidRequest, match="observer: expected something to call, or None, found 3"):
        connect(observer=3)
