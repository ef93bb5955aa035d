"""Which calls are sent again, when, and how many of them."""

import random
import threading
from dataclasses import dataclass

from shelfrank_client.errors import RankingError, invalid

AGAIN = ("UNAVAILABLE", "RESOURCE_EXHAUSTED")


@dataclass(frozen=True, slots=True)
class Retry:
    """Calls that a server could not take are sent again, within the deadline of the request.

    Before attempt n + 1 the client waits for a time drawn evenly from 0 to ``backoff * 2 ** (n - 1)`` (full jitter: Brooker,
    Exponential Backoff and Jitter, 2015). A server in trouble must not be asked several times over: each request adds
    ``share`` of a retry to a store of at most ``burst``, each retry takes one, and without one there is none (as retry
    throttling in gRPC's proposal A6).

    Attributes:
        attempts: calls in all, 1 for never again.
        backoff: seconds.
        longest: seconds that a wait never passes.
        share: retries a request, in the long run.
        burst: retries that may follow each other.

    Raises:
        InvalidRequest: if one of them can't be.
    """

    attempts: int = 3
    backoff: float = 0.005
    longest: float = 0.1
    share: float = 0.1
    burst: int = 10

    def __post_init__(self) -> None:
        for name in ("attempts", "burst"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise invalid(f"retry.{name}: expected a whole number from 1, found {value!r}")
        for name in ("backoff", "longest", "share"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise invalid(f"retry.{name}: expected a number from 0, found {value!r}")

    def wait(self, attempt: int) -> float:
        """Seconds before the attempt after this one, drawn by chance.

        Args:
            attempt: from 1.
        """
        return random.uniform(0.0, min(self.backoff * 2.0 ** min(attempt - 1, 32), self.longest))


RETRY = Retry()


class Store:
    """Extra calls that a client may still make; for any number of threads.

    Args:
        share: extra calls that each request adds.
        burst: the most that are kept.
    """

    def __init__(self, share: float, burst: int) -> None:
        self._share, self._most = share, float(burst)
        self._left = self._most
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count a request."""
        with self._lock:
            self._left = min(self._left + self._share, self._most)

    def take(self) -> bool:
        """Whether there is an extra call, which is then taken."""
        with self._lock:
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True


def may_go_again(error: RankingError) -> bool:
    """Whether a call that failed so is worth another attempt; ranking changes nothing at the server."""
    return error.code in AGAIN
