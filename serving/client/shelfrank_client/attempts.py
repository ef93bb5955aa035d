"""The gRPC calls of one request: what came of each, for the servers' turns and for the observer."""

import time
from dataclasses import dataclass

from shelfrank_client.backends import Backends
from shelfrank_client.errand import Errand
from shelfrank_client.errors import CANCELLED, DeadlineExceeded, RankingError, Unavailable
from shelfrank_client.observing import CallEvent, Observer, tell
from shelfrank_client.steps import Call


@dataclass(slots=True)
class _Begun:
    call: Call
    number: int
    at: float


class Attempts:
    """The calls that were begun for one thing that is asked.

    Args:
        errand: the request.
        backends: told of failures and answers.
        observer: told of each call that ended.
    """

    def __init__(self, errand: Errand, backends: Backends, observer: Observer | None) -> None:
        self._errand, self._backends, self._observer = errand, backends, observer
        self._open: list[_Begun] = []
        self.count = 0
        self.tried: list[int] = []

    def begin(self, call: Call) -> Call:
        """Count a call that is begun now."""
        self.count += 1
        self._open.append(_Begun(call, self.count, time.monotonic()))
        return call

    def failed(self, call: Call, error: RankingError) -> None:
        """A call ended without an answer that counts; a call that is known to have ended is left as it is."""
        begun = self._take(call)
        if begun is None:
            return
        self.tried.append(call.backend)
        self._tell(begun, error.code)
        if isinstance(error, DeadlineExceeded | Unavailable):
            self._backends.failed(call.backend)
        elif error.code != CANCELLED:
            self._backends.answered(call.backend)

    def answered(self, call: Call) -> float:
        """A call was answered; those that are still open were cancelled.

        Returns:
            Seconds that the answer took.
        """
        begun = self._take(call)
        assert begun is not None
        self._backends.answered(call.backend)
        seconds = self._tell(begun, "OK")
        for other in self._open:
            self._tell(other, CANCELLED)
        self._open.clear()
        return seconds

    def _take(self, call: Call) -> _Begun | None:
        for begun in self._open:
            if begun.call is call:
                self._open.remove(begun)
                return begun
        return None

    def _tell(self, begun: _Begun, code: str) -> float:
        seconds = time.monotonic() - begun.at
        if self._observer is None:
            return seconds
        name, target = begun.call.method.rsplit("/", 1)[1], self._backends.targets[begun.call.backend]
        tell(self._observer, CallEvent(self._errand.request_id, name, target, begun.number, code, seconds))
        return seconds
