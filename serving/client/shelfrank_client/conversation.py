"""The calls behind each method, as steps that a transport carries out.

`RankingClient` and `AsyncRankingClient` differ in the transport only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from shelfrank_client import protocol
from shelfrank_client.answer import SERVING, read_pages, read_status, read_vectors
from shelfrank_client.calls import Calls
from shelfrank_client.chunks import Part, merge, split
from shelfrank_client.errand import Errand
from shelfrank_client.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    RankingError,
    Unavailable,
    brief,
    invalid,
)
from shelfrank_client.observing import RequestEvent, tell
from shelfrank_client.page import RankedPage, callers_order
from shelfrank_client.page_query import CheckedPage, PageQuery, checked_items_page, checked_page, with_list
from shelfrank_client.request import fill_encode, fill_rank, fill_rank_items, model_request
from shelfrank_client.request_log import Answers
from shelfrank_client.settings import Fallback, Settings, check_k
from shelfrank_client.signature import RANK_ITEMS, Metadata, read_metadata
from shelfrank_client.steps import Steps

Fill = Callable[[Any, Metadata], None]


class Conversation:
    """What a client says and how it reads the answers; each method yields calls and waits, and is sent the answers.

    Args:
        settings: of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._calls = Calls(settings)
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
        signature, shapes = self.settings.signature, self.settings.shapes

        def fill(part: Part) -> Fill:
            return lambda request, metadata: fill_rank(request, metadata, signature, list(part.values()), shapes)

        def check() -> list[CheckedPage]:
            return [checked_page(page, self.settings.max_candidates) for page in asked]

        shown = [page.candidates if isinstance(page, PageQuery) else () for page in asked]
        return (yield from self._ranked(signature, check, fill, asked, shown, k, deadline, fallback, request_id))

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
        signature, shapes = self.settings.signature, self.settings.shapes

        def fill(part: Part) -> Fill:
            wanted = set(part[0].candidates)
            cut = rows if len(wanted) == len(rows) else [row for row in rows if row["item_id"] in wanted]
            return lambda request, metadata: fill_rank_items(request, metadata, signature, part[0], cut, shapes)

        def check() -> list[CheckedPage]:
            return [checked_items_page(page, rows, self.settings.max_candidates)]

        shown = [row.get("item_id") for row in rows if type(row) is dict or isinstance(row, Mapping)]
        return (yield from self._ranked(RANK_ITEMS, check, fill, [page], [shown], k, deadline, fallback, request_id))[0]

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
            (response,) = yield from self._predict(
                signature, [lambda request, metadata: fill_encode(request, metadata.of(signature), rows)], errand
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
            response = yield from self._calls.one(protocol.HEALTH_CHECK, request, protocol.HealthCheckResponse, errand)
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
        fill: Callable[[Part], Fill],
        asked: Sequence[PageQuery],
        shown: Sequence[Any],
        k: int | None,
        deadline: float | None,
        fallback: Fallback | None,
        request_id: str | None,
    ) -> Steps[list[RankedPage]]:
        """Check, ask, and read; or fall back to what was to be shown, as far as it is a list of item ids."""
        chosen = self.settings.falls_back(fallback)
        errand: Errand | None = None
        answers: Answers = ()
        try:
            errand = self.settings.errand(deadline, request_id)
            check_k(k)
            pages = check()
            candidates, version = sum(len(page.candidates) for page in pages), None
            if candidates:
                ranked, answers = yield from self._in_parts(signature, fill, pages, k, errand)
                version = ranked[0].model_version
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
            ranked = [callers_order(part, k, str(error), errand.request_id) for part in shown]
            self._log(errand, asked, ranked)
            return ranked
        self._tell(errand, signature, len(pages), candidates, None, version)
        self._log(errand, pages, ranked, answers)
        return ranked

    def _in_parts(
        self, signature: str, fill: Callable[[Part], Fill], pages: Sequence[CheckedPage], k: int | None, errand: Errand
    ) -> Steps[tuple[list[RankedPage], Answers]]:
        """Long lists in parts; again where a new version came between them, so that no page is of two versions."""
        parts = split(pages, self.settings.chunk)
        fills = [fill(part) for part in parts]
        while True:
            responses = yield from self._predict(signature, fills, errand)
            if len({response.model_spec.version.value for response in responses}) == 1:
                break
        ranked = [
            read_pages(response, list(part.values()), errand.request_id)
            for response, part in zip(responses, parts, strict=True)
        ]
        return merge(pages, parts, ranked, k), list(zip(parts, responses, strict=True))

    def _log(
        self,
        errand: Errand,
        asked: Sequence[PageQuery | CheckedPage],
        ranked: Sequence[RankedPage],
        answers: Answers = (),
    ) -> None:
        if self.settings.request_log is not None:
            model, known, signature = self.settings.model, self._metadata, self.settings.signature
            inputs = None if known is None else known.inputs.get(signature)
            self.settings.request_log.offer(errand.request_id, model, asked, ranked, inputs, answers)

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
        if self.settings.observer is None:
            return
        model, code = self.settings.model, "OK" if error is None else error.code
        tell(
            self.settings.observer,
            RequestEvent(errand.request_id, model, signature, rows, candidates, code, degraded, version, errand.took()),
        )

    def _predict(self, signature: str, fills: Sequence[Fill], errand: Errand) -> Steps[list[Any]]:
        """Send requests; once more where they failed because a newer model version has other inputs."""
        cached = self._metadata or (yield from self._read_metadata(errand))
        try:
            return (yield from self._send(signature, fills, cached, errand))
        except (InvalidRequest, ModelNotFound) as error:
            try:
                fresh = yield from self._read_metadata(errand)
            except RankingError:
                raise error from None
            if fresh.inputs == cached.inputs:
                raise
        return (yield from self._send(signature, fills, fresh, errand))

    def _send(self, signature: str, fills: Sequence[Fill], metadata: Metadata, errand: Errand) -> Steps[list[Any]]:
        requests = [self._about_model(protocol.PredictRequest, signature) for _ in fills]
        for request, fill in zip(requests, fills, strict=True):
            fill(request, metadata)
        if len(requests) > 1:
            return (yield from self._calls.several(protocol.PREDICT, requests, protocol.PredictResponse, errand))
        return [(yield from self._calls.one(protocol.PREDICT, requests[0], protocol.PredictResponse, errand))]

    def _read_metadata(self, errand: Errand) -> Steps[Metadata]:
        request = self._about_model(protocol.GetModelMetadataRequest)
        request.metadata_field.append("signature_def")
        answer = protocol.GetModelMetadataResponse
        response = yield from self._calls.one(protocol.GET_MODEL_METADATA, request, answer, errand)
        self._metadata = read_metadata(response)
        return self._metadata

    def _status(self, errand: Errand) -> Steps[dict[int, str]]:
        request = self._about_model(protocol.GetModelStatusRequest)
        answer = protocol.GetModelStatusResponse
        return read_status((yield from self._calls.one(protocol.GET_MODEL_STATUS, request, answer, errand)))

    def _about_model(self, kind: Any, signature: str = "") -> Any:
        return model_request(kind, self.settings.model, self.settings.version, self.settings.label, signature)
