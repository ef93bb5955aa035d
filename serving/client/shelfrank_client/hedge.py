"""A second call where the first one is late.

Source: Dean and Barroso, The Tail at Scale, 2013.
"""

import threading
from collections import deque
from dataclasses import dataclass

from shelfrank_client.errors import invalid
from shelfrank_client.retry import Store

LEAST_SEEN = 20
"""Answers before there is a delay: of fewer a high percentile says nothing."""
SEEN = 1000
"""Answers that the percentile is of."""
EVERY = 50
"""Answers after which it is computed anew."""
BURST = 5
"""Second calls that may follow each other."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """A call that is not answered within the time that most are gets a second one, to another server where there is one.

    The first answer counts; the other call is cancelled.

    Attributes:
        percentile: of the last 1,000 times of answers, above 0 and below 100: the delay of the second call.
        least: seconds that the delay never falls below.
        share: second calls a request, in the long run.

    Raises:
        InvalidRequest: if one of them can't be.
    """

    percentile: float = 95.0
    least: float = 0.005
    share: float = 0.05

    def __post_init__(self) -> None:
        for name, most in (("percentile", 100.0), ("least", float("inf")), ("share", float("inf"))):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < most:
                limit = f" and below {most:g}" if most < float("inf") else ""
                raise invalid(f"hedge.{name}: expected a number above 0{limit}, found {value!r}")


class Hedges:
    """When an answer is late, and how many second calls there still are; for any number of threads.

    Args:
        hedge: percentile, least delay and share.
    """

    def __init__(self, hedge: Hedge) -> None:
        self._hedge = hedge
        self._store = Store(hedge.share, BURST)
        self._seen: deque[float] = deque(maxlen=SEEN)
        self._new = 0
        self._delay: float | None = None
        self._lock = threading.Lock()

    @property
    def delay(self) -> float | None:
        """Seconds after which an answer is late; None while too few are known."""
        return self._delay

    def add(self) -> None:
        """Count a request."""
        self._store.add()

    def take(self) -> bool:
        """Whether there is a second call, which is then taken."""
        return self._store.take()

    def saw(self, seconds: float) -> None:
        """Count the time of an answer."""
        with self._lock:
            self._seen.append(seconds)
            self._new += 1
            if len(self._seen) >= LEAST_SEEN and (self._delay is None or self._new >= EVERY):
                self._new = 0
                ordered = sorted(self._seen)
                place = min(int(len(ordered) * self._hedge.percentile / 100.0), len(ordered) - 1)
                self._delay = max(ordered[place], self._hedge.least)
