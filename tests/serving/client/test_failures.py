"""What goes wrong on the way or at the server comes as a typed error."""

import time
from typing import Any

import pytest

from shelfrank_client import (
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    PageQuery,
    RankingError,
    ServerError,
    Unavailable,
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("INVALID_ARGUMENT", InvalidRequest),
        ("OUT_OF_RANGE", InvalidRequest),
        ("NOT_FOUND", ModelNotFound),
        ("FAILED_PRECONDITION", ModelNotFound),
        ("UNAVAILABLE", Unavailable),
        ("RESOURCE_EXHAUSTED", Unavailable),
        ("DEADLINE_EXCEEDED", DeadlineExceeded),
        ("INTERNAL", ServerError),
        ("UNKNOWN", ServerError),
        ("UNIMPLEMENTED", ServerError),
        ("PERMISSION_DENIED", ServerError),
        ("ABORTED", ServerError),
    ],
)
def test_each_status_has_its_error_with_code_and_message(client: Any, code: str, kind: type[RankingError]) -> None:
    with pytest.raises(RankingError) as caught:
        client.rank(f"fail {code} the reason why", ["1"])
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert caught.value.details == "the reason why"
    assert str(caught.value).endswith(f": {code}: the reason why")


def test_a_late_answer_is_a_deadline_exceeded_in_time(client: Any) -> None:
    client.metadata()
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        client.rank("hang", ["1"], deadline=0.2)
    assert 0.15 < time.monotonic() - start < 2
    assert caught.value.code == "DEADLINE_EXCEEDED"


def test_the_clients_own_deadline_holds_for_each_request(connect: Any) -> None:
    client = connect(deadline=0.2)
    client.metadata(deadline=10)
    with pytest.raises(DeadlineExceeded):
        client.rank("hang", ["1"])


def test_a_client_goes_on_after_a_late_answer(client: Any) -> None:
    client.metadata()
    with pytest.raises(DeadlineExceeded):
        client.rank("hang", ["1"], deadline=0.1)
    assert len(client.rank("q", ["1"])) == 1


def test_no_server_is_unavailable(connect: Any, dead_port: int) -> None:
    with pytest.raises(Unavailable, match=f"127.0.0.1:{dead_port}: UNAVAILABLE"):
        connect(dead_port).rank("q", ["1"])


def test_an_unknown_model_or_version_is_not_found(connect: Any) -> None:
    with pytest.raises(ModelNotFound, match="toys"):
        connect(model="toys").rank("q", ["1"])
    with pytest.raises(ModelNotFound):
        connect(version=0).rank("q", ["1"])


def test_a_signature_that_the_model_lacks_is_named_with_those_it_has(connect: Any) -> None:
    with pytest.raises(ModelNotFound, match=r"no signature 'rerank'; there are: encode_item, .*serving_default"):
        connect(signature="rerank").rank("q", ["1"])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("lacking", "lacks the output 'cvr'"),
        ("losing", "does not hold the 2 items"),
        ("doubling", "does not hold the 2 items"),
        ("flat", "shape \\[2\\]"),
    ],
)
def test_an_answer_that_is_no_ranking_is_a_server_error(connect: Any, model: str, message: str) -> None:
    with pytest.raises(ServerError, match=message):
        connect(model=model).rank("q", ["1", "2"])


def test_with_fallback_a_late_answer_gives_the_callers_order(client: Any) -> None:
    client.metadata()
    page = client.rank("hang", ["2", "3", "1"], k=2, deadline=0.1, fallback=True)
    assert [item.item_id for item in page] == ["2", "3"]
    assert page.degraded
    assert page.model_version is None
    assert "DEADLINE_EXCEEDED" in page.reason


def test_with_fallback_no_server_gives_the_callers_order(connect: Any, dead_port: int) -> None:
    client = connect(dead_port)
    page = client.rank_items("q", [{"item_id": "2"}, {"item_id": "3"}], fallback=True)
    assert ([item.item_id for item in page], page.degraded) == (["2", "3"], True)
    pages = client.rank_pages([PageQuery("q", ["2"]), PageQuery("q", ["1", "3"])], fallback=True)
    assert [[item.item_id for item in page] for page in pages] == [["2"], ["1", "3"]]
    assert "UNAVAILABLE" in pages[0].reason


def test_fallback_hides_no_wrong_request(client: Any) -> None:
    with pytest.raises(InvalidRequest):
        client.rank("q", ["1", "1"], fallback=True)
    with pytest.raises(InvalidRequest):
        client.rank("fail INVALID_ARGUMENT wrong", ["1"], fallback=True)
