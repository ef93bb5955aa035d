"""Calls to servers: whose turn, again where a server could not take one, and twice where one is late."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shelfrank_client import protocol
from shelfrank_client.attempts import Attempts
from shelfrank_client.backends import Backends
from shelfrank_client.errand import Errand
from shelfrank_client.errors import RankingError, resting
from shelfrank_client.hedge import Hedges
from shelfrank_client.retry import Store, may_go_again
from shelfrank_client.settings import Settings
from shelfrank_client.steps import Call, Race, Steps, Together, Wait


class Calls:
    """What all calls of a client share: the servers' turns, the stores of retries and of second calls.

    Args:
        settings: of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._backends = Backends(settings.targets, settings.breaker)
        self._retries = Store(settings.retry.share, settings.retry.burst)
        self._hedges = None if settings.hedge is None else Hedges(settings.hedge)

    def one(self, method: str, request: Any, answer: Any, errand: Errand) -> Steps[Any]:
        """Ask a server; another one, or the same after a wait, where it could not take the call.

        Args:
            method: its full name.
            request: the message.
            answer: the type of the answer.
            errand: the request of the caller.

        Returns:
            The response.

        Raises:
            RankingError: of the last call.
        """
        attempts = self._attempts(errand)
        hedges = self._hedges if method == protocol.PREDICT else None
        if hedges is not None:
            hedges.add()
        while True:
            call = self._begin(attempts, method, request, answer, errand)
            delay = None if hedges is None else hedges.delay
            try:
                if hedges is None or delay is None:
                    response = yield call
                else:
                    second = self._second(hedges, call, errand, attempts)
                    call, response = yield Race(call, delay, second, attempts.failed)
            except RankingError as error:
                attempts.failed(call, error)
                wait = self._wait(attempts, error, errand)
                if wait is None:
                    raise
                yield Wait(wait)
            else:
                seconds = attempts.answered(call)
                if hedges is not None:
                    hedges.saw(seconds)
                return response

    def several(self, method: str, requests: Sequence[Any], answer: Any, errand: Errand) -> Steps[list[Any]]:
        """Ask for several things at the same time, each again where a server could not take it; see `one`."""
        attempts = [self._attempts(errand) for _ in requests]
        responses: dict[int, Any] = {}
        while len(responses) < len(requests):
            calls = {
                number: self._begin(attempts[number], method, request, answer, errand)
                for number, request in enumerate(requests)
                if number not in responses
            }
            failures, longest = [], 0.0
            for (number, call), outcome in zip(calls.items(), (yield Together(tuple(calls.values()))), strict=True):
                if not isinstance(outcome, RankingError):
                    responses[number] = outcome
                    attempts[number].answered(call)
                    continue
                attempts[number].failed(call, outcome)
                wait = self._wait(attempts[number], outcome, errand)
                if wait is None:
                    failures.append(outcome)
                else:
                    longest = max(longest, wait)
            if failures:
                raise failures[0]
            if longest:
                yield Wait(longest)
        return [responses[number] for number in range(len(requests))]

    def _attempts(self, errand: Errand) -> Attempts:
        self._retries.add()
        return Attempts(errand, self._backends, self._settings.observer)

    def _begin(self, attempts: Attempts, method: str, request: Any, answer: Any, errand: Errand) -> Call:
        backend = self._backends.choose(attempts.tried)
        if backend is None:
            raise resting(self._settings.targets)
        return attempts.begin(Call(method, request, answer, errand.left(), backend, errand.metadata))

    def _wait(self, attempts: Attempts, error: RankingError, errand: Errand) -> float | None:
        """Seconds before the next attempt, for which a retry is taken; None where there is none."""
        retry = self._settings.retry
        wait = retry.wait(attempts.count)
        spent = attempts.count >= retry.attempts or wait >= errand.left()
        return None if spent or not may_go_again(error) or not self._retries.take() else wait

    def _second(self, hedges: Hedges, first: Call, errand: Errand, attempts: Attempts) -> Callable[[], Call | None]:
        def begin() -> Call | None:
            if not hedges.take():
                return None
            backend = self._backends.choose([*attempts.tried, first.backend])
            if backend is None:
                return None
            return attempts.begin(replace(first, backend=backend, timeout=errand.left()))

        return begin
