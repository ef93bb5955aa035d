"""One deadline for all calls of a request: the calls as `Conversation` asks its transport for them."""

from typing import Any

import pytest

from shelfrank_client import DeadlineExceeded, PageQuery, RankedPage, protocol
from shelfrank_client.errand import Errand


def test_the_second_call_of_a_request_has_what_the_first_one_left(talk: Any, signatures: Any) -> None:
    steps = talk().rank(PageQuery("q", ["1"]), None, None, False)
    first = next(steps)
    second = steps.send(signatures)
    assert (first.method, second.method) == (protocol.GET_MODEL_METADATA, protocol.PREDICT)
    assert 0 < second.timeout < first.timeout <= 0.5


def test_signatures_are_asked_for_once(talk: Any, signatures: Any) -> None:
    conversation = talk()
    steps = conversation.rank(PageQuery("q", ["1"]), None, None, True)
    next(steps)
    steps.send(signatures)
    with pytest.raises(StopIteration) as end:
        steps.throw(DeadlineExceeded("late", "DEADLINE_EXCEEDED"))
    assert isinstance(end.value.value, RankedPage)
    assert next(conversation.rank(PageQuery("q", ["1"]), None, None, False)).method == protocol.PREDICT


def test_a_deadline_that_is_over_leaves_0() -> None:
    assert Errand("r", 0.0, 0.0).left() == 0.0
