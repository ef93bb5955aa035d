"""The calls behind each method, as steps that a transport carries out.

`RankingClient` and `AsyncRankingClient` differ in the transport only.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shelfrank_client import protocol
from shelfrank_client.answer import SERVING, read_pages, read_status, read_vectors
from shelfrank_client.backends import Backends
from shelfrank_client.errand import REQUEST_ID, Errand
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
from shelfrank_client.observing import CallEvent, RequestEvent, tell
from shelfrank_client.page import RankedPage, callers_order
from shelfrank_client.page_query import CheckedPage, PageQuery, checked_items_page, checked_page, with_list
from shelfrank_client.request import fill_encode, fill_rank, fill_rank_items, model_request
from shelfrank_client.retry import RetryStore, may_go_again
from shelfrank_client.settings import Fallback, Settings, check_k
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
        self,
        page: PageQuery,
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
        request_id: str | None = None,
    ) -> Steps[RankedPage]:
        """See `RankingClient.rank`."""
        return (yield from self.rank_pages([page], k, deadline, fallback, request_id))[0]

    def rank_pages(
        self,
        pages: Iterable[PageQuery],
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
        request_id: str | None = None,
    ) -> Steps[list[RankedPage]]:
        """See `RankingClient.rank_pages`."""
        asked = [with_list(page) for page in pages]
        signature = self.settings.signature

        def fill(checked: Sequence[CheckedPage]) -> Fill:
            return lambda request, metadata: fill_rank(request, metadata, signature, checked)

        def check() -> list[CheckedPage]:
            return [checked_page(page, self.settings.max_candidates) for page in asked]

        shown = [page.candidates if isinstance(page, PageQuery) else () for page in asked]
        return (yield from self._ranked(signature, check, fill, shown, k, deadline, fallback, request_id))

    def rank_items(
        self,
        page: PageQuery,
        items: Iterable[Mapping[str, Any]],
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
        request_id: str | None = None,
    ) -> Steps[RankedPage]:
        """See `RankingClient.rank_items`; ``page`` has no candidates yet."""
        rows = list(items)
        signature = self.settings.signature

        def fill(checked: Sequence[CheckedPage]) -> Fill:
            return lambda request, metadata: fill_rank_items(request, metadata, signature, checked[0], rows)

        def check() -> list[CheckedPage]:
            return [checked_items_page(page, rows, self.settings.max_candidates)]

        shown = [row.get("item_id") for row in rows if isinstance(row, Mapping)]
        return (yield from self._ranked(RANK_ITEMS, check, fill, [shown], k, deadline, fallback, request_id))[0]

    def encode(
        self, signature: str, rows: Sequence[Mapping[str, Any]], deadline: float | None
    ) -> Steps[list[list[float]]]:
        """See `RankingClient.encode_query` and `RankingClient.encode_item`."""
        errand = self.settings.errand(deadline)
        for row in rows:
            if not isinstance(row, Mapping):
                raise invalid(f"{signature}: expected mappings of names to values, found {brief(row)}")
        if not rows:
            return []
        try:
            response = yield from self._predict(
                signature, lambda request, metadata: fill_encode(request, metadata.of(signature), rows), errand
            )
            vectors = read_vectors(response, len(rows))
        except RankingError as error:
            self._tell(errand, signature, len(rows), 0, error)
            raise
        self._tell(errand, signature, len(rows), 0, None, response.model_spec.version.value)
        return vectors

    def metadata(self, deadline: float | None) -> Steps[Metadata]:
        """See `RankingClient.metadata`."""
        return (yield from self._read_metadata(self.settings.errand(deadline)))

    def status(self, deadline: float | None) -> Steps[dict[int, str]]:
        """See `RankingClient.status`."""
        return (yield from self._status(self.settings.errand(deadline)))

    def healthy(self, deadline: float | None) -> Steps[bool]:
        """See `RankingClient.healthy`."""
        errand = self.settings.errand(deadline)
        request = protocol.HealthCheckRequest()
        try:
            response = yield from self._call(protocol.HEALTH_CHECK, request, protocol.HealthCheckResponse, errand)
        except RankingError as error:
            if error.code != "UNIMPLEMENTED":
                return False
        else:
            return bool(response.status == SERVING)
        # TF Serving has the health service only where a flag turns it on.
        try:
            return "AVAILABLE" in (yield from self._status(errand)).values()
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
        request_id: str | None,
    ) -> Steps[list[RankedPage]]:
        """Check, ask, and read; or fall back to what was to be shown, as far as it is a list of item ids."""
        chosen = self.settings.falls_back(fallback)
        errand: Errand | None = None
        try:
            errand = self.settings.errand(deadline, request_id)
            check_k(k)
            pages = check()
            candidates, version = sum(len(page.candidates) for page in pages), None
            if candidates:
                response = yield from self._predict(signature, fill(pages), errand)
                version = response.model_spec.version.value
                ranked = read_pages(response, pages, k, errand.request_id)
            else:
                ranked = [RankedPage((), None, request_id=errand.request_id) for _ in pages]
        except RankingError as error:
            errand = errand or self.settings.errand(None)
            error.request_id = errand.request_id
            degraded = chosen == "always" or (chosen and isinstance(error, DeadlineExceeded | Unavailable))
            candidates = sum(len(part) for part in shown if isinstance(part, list | tuple))
            self._tell(errand, signature, len(shown), candidates, error, degraded=degraded)
            if not degraded:
                raise
            return [callers_order(part, k, str(error), errand.request_id) for part in shown]
        self._tell(errand, signature, len(pages), candidates, None, version)
        return ranked

    def _tell(
        self,
        errand: Errand,
        signature: str,
        rows: int,
        candidates: int,
        error: RankingError | None,
        version: int | None = None,
        degraded: bool = False,
    ) -> None:
        model, code = self.settings.model, "OK" if error is None else error.code
        tell(
            self.settings.observer,
            RequestEvent(errand.request_id, model, signature, rows, candidates, code, degraded, version, errand.took()),
        )

    def _predict(self, signature: str, fill: Fill, errand: Errand) -> Steps[Any]:
        """Send a request; once more where it failed because a newer model version has other inputs."""
        cached = self._metadata
        if cached is None:
            return (yield from self._send(signature, fill, (yield from self._read_metadata(errand)), errand))
        try:
            return (yield from self._send(signature, fill, cached, errand))
        except (InvalidRequest, ModelNotFound) as error:
            try:
                fresh = yield from self._read_metadata(errand)
            except RankingError:
                raise error from None
            if fresh.inputs == cached.inputs:
                raise
        return (yield from self._send(signature, fill, fresh, errand))

    def _send(self, signature: str, fill: Fill, metadata: Metadata, errand: Errand) -> Steps[Any]:
        request = self._about_model(protocol.PredictRequest, signature)
        fill(request, metadata)
        return (yield from self._call(protocol.PREDICT, request, protocol.PredictResponse, errand))

    def _read_metadata(self, errand: Errand) -> Steps[Metadata]:
        request = self._about_model(protocol.GetModelMetadataRequest)
        request.metadata_field.append("signature_def")
        answer = protocol.GetModelMetadataResponse
        response = yield from self._call(protocol.GET_MODEL_METADATA, request, answer, errand)
        self._metadata = read_metadata(response)
        return self._metadata

    def _status(self, errand: Errand) -> Steps[dict[int, str]]:
        request = self._about_model(protocol.GetModelStatusRequest)
        answer = protocol.GetModelStatusResponse
        return read_status((yield from self._call(protocol.GET_MODEL_STATUS, request, answer, errand)))

    def _call(self, method: str, request: Any, answer: Any, errand: Errand) -> Steps[Any]:
        """Ask a server; another one, or the same after a wait, where it could not take the call."""
        tried: list[int] = []
        self._retries.add()
        while True:
            backend = self.backends.choose(tried)
            if backend is None:
                raise resting(self.settings.targets)
            began = time.monotonic()
            try:
                response = yield Call(
                    method, request, answer, errand.left(), backend, ((REQUEST_ID, errand.request_id),)
                )
            except RankingError as error:
                tried.append(backend)
                self._observe(errand, method, backend, len(tried), error.code, began)
                if isinstance(error, DeadlineExceeded | Unavailable):
                    self.backends.failed(backend)
                elif error.code != CANCELLED:
                    self.backends.answered(backend)
                wait = self.settings.retry.wait(len(tried))
                spent = len(tried) >= self.settings.retry.attempts or wait >= errand.left()
                if spent or not may_go_again(error) or not self._retries.take():
                    raise
                yield Wait(wait)
            else:
                self._observe(errand, method, backend, len(tried) + 1, "OK", began)
                self.backends.answered(backend)
                return response

    def _observe(self, errand: Errand, method: str, backend: int, attempt: int, code: str, began: float) -> None:
        name, target = method.rsplit("/", 1)[1], self.settings.targets[backend]
        event = CallEvent(errand.request_id, name, target, attempt, code, time.monotonic() - began)
        tell(self.settings.observer, event)

    def _about_model(self, kind: Any, signature: str = "") -> Any:
        return model_request(kind, self.settings.model, self.settings.version, self.settings.label, signature)
