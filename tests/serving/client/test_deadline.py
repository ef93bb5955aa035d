"""One deadline for all calls of a request: the calls as `Conversation` asks its transport for them."""

import pytest

from shelfrank_client import DeadlineExceeded, PageQuery, RankedPage, protocol
from shelfrank_client.conversation import Conversation
from shelfrank_client.errand import Errand
from shelfrank_client.settings import Settings


def _metadata() -> object:
    signatures = protocol.SignatureDefMap()
    for name in ("query", "user_id", "history", "item_id"):
        signatures.signature_def["serving_default"].inputs[name].dtype = 7
    response = protocol.GetModelMetadataResponse()
    response.metadata["signature_def"].value = signatures.SerializeToString()
    return response


def test_the_second_call_of_a_request_has_what_the_first_one_left() -> None:
    talk = Conversation(Settings(("ranker:8500",), "shelfrank", 0.5, None, "serving_default", 100))
    steps = talk.rank(PageQuery("q", ["1"]), None, None, False)
    first = next(steps)
    second = steps.send(_metadata())
    assert (first.method, second.method) == (protocol.GET_MODEL_METADATA, protocol.PREDICT)
    assert 0 < second.timeout < first.timeout <= 0.5


def test_signatures_are_asked_for_once() -> None:
    talk = Conversation(Settings(("ranker:8500",), "shelfrank", 0.5, None, "serving_default", 100))
    steps = talk.rank(PageQuery("q", ["1"]), None, None, True)
    next(steps)
    steps.send(_metadata())
    with pytest.raises(StopIteration) as end:
        steps.throw(DeadlineExceeded("late", "DEADLINE_EXCEEDED"))
    assert isinstance(end.value.value, RankedPage)
    assert next(talk.rank(PageQuery("q", ["1"]), None, None, False)).method == protocol.PREDICT


def test_a_deadline_that_is_over_leaves_0() -> None:
    assert Errand("r", 0.0, 0.0).left() == 0.0
