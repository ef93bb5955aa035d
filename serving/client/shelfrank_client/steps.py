"""What a conversation asks its transport for."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from shelfrank_client.errors import RankingError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call:
    """One gRPC call.

    Attributes:
        method: its full name.
        request: the message.
        answer: the type of the answer.
        timeout: seconds.
        backend: which of the servers to ask.
        metadata: sent along.
    """

    method: str
    request: Any
    answer: Any
    timeout: float
    backend: int
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """A time to let pass.

    Attributes:
        seconds: how long.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Race:
    """A call, and a second one where the first is late; the answer is the pair of the call that won and its response.

    If both fail, the error of the first is raised.

    Attributes:
        first: begun at once.
        delay: seconds, after which the first is late.
        second: gives the other call, or None for no other.
        failed: told of a call that failed.
    """

    first: Call
    delay: float
    second: Callable[[], Call | None]
    failed: Callable[[Call, RankingError], None]


@dataclass(frozen=True, slots=True)
class Together:
    """Calls that are made at the same time; the answer is a list of their responses, or of the errors in place of them.

    Attributes:
        calls: which.
    """

    calls: tuple[Call, ...]


Step = Call | Wait | Race | Together
Steps = Generator[Step, Any, Result]
