"""The calls behind each method, as steps that a transport carries out.

`RankingClient` and `AsyncRankingClient` differ in the transport only.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shelfrank_client import protocol
from shelfrank_client.answer import SERVING, read_pages, read_status, read_vectors
from shelfrank_client.backends import Backends
from shelfrank_client.errors import (
    CANCELLED,
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    RankingError,
    Unavailable,
    brief,
    invalid,
    resting,
)
from shelfrank_client.page import RankedPage, callers_order
from shelfrank_client.page_query import CheckedPage, PageQuery, checked_items_page, checked_page, with_list
from shelfrank_client.request import fill_encode, fill_rank, fill_rank_items, model_request
from shelfrank_client.retry import RetryStore, may_go_again
from shelfrank_client.settings import Budget, Fallback, Settings, check_k
from shelfrank_client.signature import RANK_ITEMS, Metadata, read_metadata

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
    """

    method: str
    request: Any
    answer: Any
    timeout: float
    backend: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A time to let pass.

    Attributes:
        seconds: how long.
    """

    seconds: float


Steps = Generator[Call | Wait, Any, Result]
Fill = Callable[[Any, Metadata], None]


class Conversation:
    """What a client says and how it reads the answers; each method yields calls and waits, and is sent the answers.

    Args:
        settings: of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.backends = Backends(settings.targets, settings.breaker)
        self._retries = RetryStore(settings.retry)
        self._metadata: Metadata | None = None

    def rank(
        self, page: PageQuery, k: int | None, deadline: float | None, fallback: Fallback | None
    ) -> Steps[RankedPage]:
        """See `RankingClient.rank`."""
        return (yield from self.rank_pages([page], k, deadline, fallback))[0]

    def rank_pages(
        self, pages: Iterable[PageQuery], k: int | None, deadline: float | None, fallback: Fallback | None
    ) -> Steps[list[RankedPage]]:
        """See `RankingClient.rank_pages`."""
        asked = [with_list(page) for page in pages]
        signature = self.settings.signature

        def fill(checked: Sequence[CheckedPage]) -> Fill:
            return lambda request, metadata: fill_rank(request, metadata, signature, checked)

        def check() -> list[CheckedPage]:
            return [checked_page(page, self.settings.max_candidates) for page in asked]

        shown = [page.candidates if isinstance(page, PageQuery) else () for page in asked]
        return (yield from self._ranked(signature, check, fill, shown, k, deadline, fallback))

    def rank_items(
        self,
        page: PageQuery,
        items: Iterable[Mapping[str, Any]],
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
    ) -> Steps[RankedPage]:
        """See `RankingClient.rank_items`; ``page`` has no candidates yet."""
        rows = list(items)
        signature = self.settings.signature

        def fill(checked: Sequence[CheckedPage]) -> Fill:
            return lambda request, metadata: fill_rank_items(request, metadata, signature, checked[0], rows)

        def check() -> list[CheckedPage]:
            return [checked_items_page(page, rows, self.settings.max_candidates)]

        shown = [row.get("item_id") for row in rows if isinstance(row, Mapping)]
        return (yield from self._ranked(RANK_ITEMS, check, fill, [shown], k, deadline, fallback))[0]

    def encode(
        self, signature: str, rows: Sequence[Mapping[str, Any]], deadline: float | None
    ) -> Steps[list[list[float]]]:
        """See `RankingClient.encode_query` and `RankingClient.encode_item`."""
        budget = self.settings.budget(deadline)
        for row in rows:
            if not isinstance(row, Mapping):
                raise invalid(f"{signature}: expected mappings of names to values, found {brief(row)}")
        if not rows:
            return []
        response = yield from self._predict(
            signature, lambda request, metadata: fill_encode(request, metadata.of(signature), rows), budget
        )
        return read_vectors(response, len(rows))

    def metadata(self, deadline: float | None) -> Steps[Metadata]:
        """See `RankingClient.metadata`."""
        return (yield from self._read_metadata(self.settings.budget(deadline)))

    def status(self, deadline: float | None) -> Steps[dict[int, str]]:
        """See `RankingClient.status`."""
        return (yield from self._status(self.settings.budget(deadline)))

    def healthy(self, deadline: float | None) -> Steps[bool]:
        """See `RankingClient.healthy`."""
        budget = self.settings.budget(deadline)
        request = protocol.HealthCheckRequest()
        try:
            response = yield from self._call(protocol.HEALTH_CHECK, request, protocol.HealthCheckResponse, budget)
        except RankingError as error:
            if error.code != "UNIMPLEMENTED":
                return False
        else:
            return bool(response.status == SERVING)
        # TF Serving has the health service only where a flag turns it on.
        try:
            return "AVAILABLE" in (yield from self._status(budget)).values()
        except RankingError:
            return False

    def _ranked(
        self,
        signature: str,
        check: Callable[[], Sequence[CheckedPage]],
        fill: Callable[[Sequence[CheckedPage]], Fill],
        shown: Sequence[Any],
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
    ) -> Steps[list[RankedPage]]:
        """Check, ask, and read; or fall back to what was to be shown, as far as it is a list of item ids."""
        chosen = self.settings.falls_back(fallback)
        try:
            check_k(k)
            budget = self.settings.budget(deadline)
            pages = check()
            if not any(page.candidates for page in pages):
                return [RankedPage((), None) for _ in pages]
            return read_pages((yield from self._predict(signature, fill(pages), budget)), pages, k)
        except RankingError as error:
            if chosen != "always" and not (chosen and isinstance(error, DeadlineExceeded | Unavailable)):
                raise
            return [callers_order(candidates, k, str(error)) for candidates in shown]

    def _predict(self, signature: str, fill: Fill, budget: Budget) -> Steps[Any]:
        """Send a request; once more where it failed because a newer model version has other inputs."""
        cached = self._metadata
        if cached is None:
            return (yield from self._send(signature, fill, (yield from self._read_metadata(budget)), budget))
        try:
            return (yield from self._send(signature, fill, cached, budget))
        except (InvalidRequest, ModelNotFound) as error:
            try:
                fresh = yield from self._read_metadata(budget)
            except RankingError:
                raise error from None
            if fresh.inputs == cached.inputs:
                raise
        return (yield from self._send(signature, fill, fresh, budget))

    def _send(self, signature: str, fill: Fill, metadata: Metadata, budget: Budget) -> Steps[Any]:
        request = self._about_model(protocol.PredictRequest, signature)
        fill(request, metadata)
        return (yield from self._call(protocol.PREDICT, request, protocol.PredictResponse, budget))

    def _read_metadata(self, budget: Budget) -> Steps[Metadata]:
        request = self._about_model(protocol.GetModelMetadataRequest)
        request.metadata_field.append("signature_def")
        answer = protocol.GetModelMetadataResponse
        response = yield from self._call(protocol.GET_MODEL_METADATA, request, answer, budget)
        self._metadata = read_metadata(response)
        return self._metadata

    def _status(self, budget: Budget) -> Steps[dict[int, str]]:
        request = self._about_model(protocol.GetModelStatusRequest)
        answer = protocol.GetModelStatusResponse
        return read_status((yield from self._call(protocol.GET_MODEL_STATUS, request, answer, budget)))

    def _call(self, method: str, request: Any, answer: Any, budget: Budget) -> Steps[Any]:
        """Ask a server; another one, or the same after a wait, where it could not take the call."""
        tried: list[int] = []
        self._retries.add()
        while True:
            backend = self.backends.choose(tried)
            if backend is None:
                raise resting(self.settings.targets)
            try:
                response = yield Call(method, request, answer, budget.left(), backend)
            except RankingError as error:
                tried.append(backend)
                if isinstance(error, DeadlineExceeded | Unavailable):
                    self.backends.failed(backend)
                elif error.code != CANCELLED:
                    self.backends.answered(backend)
                wait = self.settings.retry.wait(len(tried))
                spent = len(tried) >= self.settings.retry.attempts or wait >= budget.left()
                if spent or not may_go_again(error) or not self._retries.take():
                    raise
                yield Wait(wait)
            else:
                self.backends.answered(backend)
                return response

    def _about_model(self, kind: Any, signature: str = "") -> Any:
        return model_request(kind, self.settings.model, self.settings.version, self.settings.label, signature)
