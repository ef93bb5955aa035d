"""Sends requests when they are due, without waiting for the answers to earlier ones."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from shelfrank_client import PageQuery, RankingClient, RankingError, RequestEvent
from shelfrank_client.observing import Event

OK = "OK"
MOST_THREADS = 1000
LEAD_SECONDS = 0.05


@dataclass(frozen=True)
class Sent:
    """What became of R requests.

    Attributes:
        due: seconds from the start when each was to be sent, float64 [R].
        sent: when it was, float64 [R].
        ended: when its page, or its error, was there, float64 [R].
        size: candidates of its list, int64 [R].
        code: the name of the gRPC status, object [R]; also where the caller's order was returned for an error.
        degraded: whether it was, bool [R].
    """

    due: np.ndarray
    sent: np.ndarray
    ended: np.ndarray
    size: np.ndarray
    code: np.ndarray
    degraded: np.ndarray

    def take(self, chosen: np.ndarray) -> "Sent":
        """The requests of a mask, bool [R]."""
        return Sent(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def latency(self) -> np.ndarray:
        """Seconds from when each was due to its end, float64 [R]."""
        return self.ended - self.due

    @property
    def lag(self) -> np.ndarray:
        """Seconds from when each was due to when it was sent, float64 [R]."""
        return self.sent - self.due


class Outcome:
    """The code of the request that a thread made last, as the client tells it."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def observe(self, event: Event) -> None:
        """To be given to the client as its observer."""
        if isinstance(event, RequestEvent):
            self._of_thread.code = event.code

    def code(self) -> str:
        """Of the last request of this thread."""
        return str(self._of_thread.code)


def threads_for(rate: float, deadline: float) -> int:
    """How many threads hold all requests that can be under way at one time, even where each takes twice its deadline.

    Args:
        rate: requests a second.
        deadline: seconds.
    """
    under_way = 2 * rate * deadline
    return min(MOST_THREADS, math.ceil(under_way + 4 * math.sqrt(under_way)) + 4)


def send(
    client: RankingClient,
    outcome: Outcome,
    pages: Sequence[PageQuery],
    due: np.ndarray,
    threads: int,
    ended: Callable[[], None] = lambda: None,
) -> Sent:
    """Send pages when they are due.

    Args:
        client: whose observer is ``outcome.observe``.
        outcome: of the threads' requests.
        pages: R pages.
        due: seconds from the start, float64 [R], ascending.
        threads: requests that can be under way at one time; others wait, and their waiting counts as latency.
        ended: called after each request, in its thread.

    Returns:
        What became of them, once all have ended.
    """
    count = len(due)
    sent, finished = np.zeros(count), np.zeros(count)
    codes, degraded = np.full(count, "", dtype=object), np.zeros(count, bool)
    start = time.perf_counter() + LEAD_SECONDS

    def ask(number: int) -> None:
        page = pages[number]
        sent[number] = time.perf_counter() - start
        try:
            answer = client.rank(page.query, page.candidates, page.user, page.context, page.history)
            codes[number], degraded[number] = outcome.code(), answer.degraded
        except RankingError as error:
            codes[number] = error.code
        finished[number] = time.perf_counter() - start
        ended()

    pool = ThreadPoolExecutor(threads, thread_name_prefix="load")
    futures = []
    try:
        for number, moment in enumerate(due.tolist()):
            wait = start + moment - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            futures.append(pool.submit(ask, number))
        for future in futures:
            future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    size = np.array([len(list(page.candidates)) for page in pages])
    return Sent(due, sent, finished, size, codes, degraded)
