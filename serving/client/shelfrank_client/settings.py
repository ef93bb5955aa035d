"""What a client was told."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shelfrank_client.backends import BREAKER, Breaker
from shelfrank_client.errors import invalid
from shelfrank_client.retry import RETRY, Retry

Fallback = bool | Literal["always"]


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
        if not _whole(self.max_candidates, 1):
            raise invalid(f"max_candidates: expected a whole number from 1, found {self.max_candidates!r}")
        for name, kind in (("retry", Retry), ("breaker", Breaker | None)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise invalid(f"{name}: expected a {name.title()}, found {value!r}")
        self.budget(self.deadline)
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

    def budget(self, deadline: float | None) -> "Budget":
        """The time that a request has from now on.

        Raises:
            InvalidRequest: if the deadline is no number of seconds above 0.
        """
        seconds = self.deadline if deadline is None else deadline
        if not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
            raise invalid(f"deadline: expected seconds above 0, found {seconds!r}")
        return Budget(time.monotonic() + seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a deadline, however many calls share it.

    Args:
        end: on the monotonic clock.
    """

    end: float

    def left(self) -> float:
        """Seconds; 0 when it is over."""
        return max(self.end - time.monotonic(), 0.0)


def check_k(k: int | None) -> None:
    """Refuse what is no number of items.

    Raises:
        InvalidRequest: if ``k`` is neither None nor a whole number from 1.
    """
    if k is not None and not _whole(k, 1):
        raise invalid(f"k: expected a whole number from 1, or None for all, found {k!r}")


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def channel_options(options: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The options of the channel, the caller's before ours: answers of large pages pass gRPC's own limit of 4 MB."""
    return list({"grpc.max_receive_message_length": -1, **dict(options)}.items())


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
