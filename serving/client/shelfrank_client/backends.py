"""The servers of a client: whose turn it is, and which are left alone for a while."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from shelfrank_client.errors import invalid


@dataclass(frozen=True, slots=True)
class Breaker:
    """A server that keeps failing is left alone for a while (circuit breaker: Nygard, Release It!, 2007).

    After ``seconds`` it gets one request to show that it is back; the others follow when that is answered.

    Attributes:
        failures: calls in a row that failed, of the kinds UNAVAILABLE, RESOURCE_EXHAUSTED and DEADLINE_EXCEEDED.
        seconds: that it is left alone.

    Raises:
        InvalidRequest: if one of them can't be.
    """

    failures: int = 10
    seconds: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.failures, int) or isinstance(self.failures, bool) or self.failures < 1:
            raise invalid(f"breaker.failures: expected a whole number from 1, found {self.failures!r}")
        if not isinstance(self.seconds, int | float) or not 0 < self.seconds < float("inf"):
            raise invalid(f"breaker.seconds: expected seconds above 0, found {self.seconds!r}")


BREAKER = Breaker()


@dataclass(slots=True)
class _State:
    failures: int = 0
    closed_until: float | None = None


class Backends:
    """Servers that take turns; for any number of threads.

    Args:
        targets: one or more.
        breaker: None leaves no server alone.
        clock: seconds, rising.
    """

    def __init__(
        self, targets: Sequence[str], breaker: Breaker | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.targets = tuple(targets)
        self._breaker, self._clock = breaker, clock
        self._states = [_State() for _ in self.targets]
        self._next = 0
        self._lock = threading.Lock()

    def choose(self, tried: Collection[int] = ()) -> int | None:
        """The server whose turn it is.

        Args:
            tried: those that failed this request, which come last.

        Returns:
            Its place among the targets; None where all are left alone.
        """
        count = len(self.targets)
        with self._lock:
            turns = [(self._next + step) % count for step in range(count)]
            for place in sorted(turns, key=lambda place: place in tried):
                if self._open(self._states[place]):
                    self._next = (place + 1) % count
                    return place
        return None

    def _open(self, state: _State) -> bool:
        if state.closed_until is None:
            return True
        now = self._clock()
        if now < state.closed_until or self._breaker is None:
            return False
        # The one request that shows whether the server is back; the next one comes if that is never answered.
        state.closed_until = now + self._breaker.seconds
        return True

    def answered(self, place: int) -> None:
        """A server gave an answer, were it a refusal."""
        with self._lock:
            self._states[place] = _State()

    def failed(self, place: int) -> None:
        """A server gave no answer."""
        if self._breaker is None:
            return
        with self._lock:
            state = self._states[place]
            state.failures += 1
            if state.failures >= self._breaker.failures:
                state.closed_until = self._clock() + self._breaker.seconds
