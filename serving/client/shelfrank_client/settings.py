"""What a client was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shelfrank_client.backends import BREAKER, Breaker
from shelfrank_client.errand import Errand
from shelfrank_client.errors import invalid
from shelfrank_client.hedge import Hedge
from shelfrank_client.observing import Observer
from shelfrank_client.request_log import RequestLog
from shelfrank_client.retry import RETRY, Retry
from shelfrank_client.shapes import SHAPES, Shapes

Fallback = bool | Literal["always"]
COMPRESSIONS = {"deflate": 1, "gzip": 2}
"""As grpc/compression.h numbers them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of a client that its calls need.

    Raises:
        InvalidRequest: if one of them can't be.
    """

    targets: tuple[str, ...]
    model: str
    deadline: float
    version: int | None
    signature: str
    max_candidates: int
    fallback: Fallback = False
    retry: Retry = RETRY
    breaker: Breaker | None = BREAKER
    label: str | None = None
    observer: Observer | None = None
    hedge: Hedge | None = None
    chunk: int | None = None
    shapes: Shapes = SHAPES
    request_log: RequestLog | None = None

    def __post_init__(self) -> None:
        if not self.targets or not all(isinstance(target, str) and target for target in self.targets):
            raise invalid(f"target: expected text that is not empty, or several of them, found {list(self.targets)!r}")
        if len(set(self.targets)) < len(self.targets):
            raise invalid(f"target: each server once, found {list(self.targets)!r}")
        for name in ("model", "signature"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise invalid(f"{name}: expected text that is not empty, found {value!r}")
        if self.version is not None and not _whole(self.version, 0):
            raise invalid(f"version: expected a whole number from 0, or None for the latest, found {self.version!r}")
        if self.label is not None and (not isinstance(self.label, str) or not self.label):
            raise invalid(f"label: expected text that is not empty, or None, found {self.label!r}")
        if self.label is not None and self.version is not None:
            raise invalid(f"label {self.label!r} and version {self.version}: give one of them")
        if not _whole(self.max_candidates, 1):
            raise invalid(f"max_candidates: expected a whole number from 1, found {self.max_candidates!r}")
        if self.chunk is not None and not _whole(self.chunk, 1):
            raise invalid(f"chunk: expected a whole number from 1, or None for whole lists, found {self.chunk!r}")
        for name, kind in (("retry", Retry), ("breaker", Breaker | None), ("hedge", Hedge | None)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise invalid(f"{name}: expected a {name.title()}, found {value!r}")
        if self.observer is not None and not callable(self.observer):
            raise invalid(f"observer: expected something to call, or None, found {self.observer!r}")
        if self.request_log is not None and not isinstance(self.request_log, RequestLog):
            raise invalid(f"request_log: expected a RequestLog, or None, found {self.request_log!r}")
        self.errand(self.deadline)
        self.falls_back(None)

    def falls_back(self, fallback: Fallback | None) -> Fallback:
        """What a request does without an answer.

        Raises:
            InvalidRequest: if it is neither a truth value nor ``always``.
        """
        chosen = self.fallback if fallback is None else fallback
        if not isinstance(chosen, bool) and chosen != "always":
            raise invalid(f'fallback: expected True, False or "always", found {chosen!r}')
        return chosen

    def errand(self, deadline: float | None, request_id: str | None = None) -> Errand:
        """A request that begins now.

        Raises:
            InvalidRequest: if the deadline is no number of seconds above 0, or the id can't be sent.
        """
        seconds = self.deadline if deadline is None else deadline
        if not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
            raise invalid(f"deadline: expected seconds above 0, found {seconds!r}")
        return Errand.begin(seconds, request_id)


def check_k(k: int | None) -> None:
    """Refuse what is no number of items.

    Raises:
        InvalidRequest: if ``k`` is neither None nor a whole number from 1.
    """
    if k is not None and not _whole(k, 1):
        raise invalid(f"k: expected a whole number from 1, or None for all, found {k!r}")


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def channel_options(
    options: Sequence[tuple[str, Any]], compression: str | None = None, keepalive: float | None = None
) -> list[tuple[str, Any]]:
    """The options of a channel; the caller's go before ours.

    Args:
        options: the caller's.
        compression: of requests, ``gzip`` or ``deflate``.
        keepalive: seconds after which a connection on which nothing comes is probed while calls are open.

    Raises:
        InvalidRequest: if one of them can't be.
    """
    # Answers of large pages pass gRPC's own limit of 4 MB, and a server that was restarted is found again within a second.
    ours: dict[str, Any] = {
        "grpc.max_receive_message_length": -1,
        "grpc.initial_reconnect_backoff_ms": 100,
        "grpc.min_reconnect_backoff_ms": 100,
        "grpc.max_reconnect_backoff_ms": 1000,
    }
    if compression is not None:
        if compression not in COMPRESSIONS:
            raise invalid(f"compression: expected {', '.join(COMPRESSIONS)} or None, found {compression!r}")
        ours["grpc.default_compression_algorithm"] = COMPRESSIONS[compression]
    if keepalive is not None:
        if not isinstance(keepalive, int | float) or not 0.01 <= keepalive < 1e6:
            raise invalid(f"keepalive: expected seconds from 0.01, or None, found {keepalive!r}")
        ours["grpc.keepalive_time_ms"] = ours["grpc.keepalive_timeout_ms"] = round(1000 * keepalive)
    return list({**ours, **dict(options)}.items())


def targets_of(target: str | Sequence[str]) -> tuple[str, ...]:
    """One server or several, as a client is given them.

    Raises:
        InvalidRequest: if it is neither.
    """
    if isinstance(target, str):
        return (target,)
    try:
        return tuple(target)
    except TypeError:
        raise invalid(f"target: expected text, or several of them, found {target!r}") from None
