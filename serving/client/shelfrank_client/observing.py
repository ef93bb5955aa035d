"""What a client tells about its requests: for metrics, logs and traces."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

LOG = logging.getLogger("shelfrank_client")


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A gRPC call that ended; a request has one or more.

    Attributes:
        request_id: of the request.
        method: such as ``Predict``.
        target: the server.
        attempt: of this call within the request, from 1.
        code: the name of the gRPC status, ``OK`` for an answer.
        seconds: that it took.
    """

    request_id: str
    method: str
    target: str
    attempt: int
    code: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """A request that ended: a ``rank``, ``rank_pages``, ``rank_items``, ``encode_query`` or ``encode_item``.

    Attributes:
        request_id: its id.
        model: the model's name.
        signature: that was asked.
        rows: pages, queries or items.
        candidates: of all pages.
        code: ``OK``, or of the error, also where the caller's order was returned.
        degraded: whether it was.
        model_version: that answered; None where none did.
        seconds: from the caller's call to the result.
    """

    request_id: str
    model: str
    signature: str
    rows: int
    candidates: int
    code: str
    degraded: bool
    model_version: int | None
    seconds: float


Event = CallEvent | RequestEvent
Observer = Callable[[Event], None]


def tell(observer: Observer | None, event: Event) -> None:
    """Tell an observer; what it raises is logged and costs no request."""
    if observer is None:
        return
    try:
        observer(event)
    except Exception:
        LOG.exception("the observer of a ranking client failed on %r", event)
