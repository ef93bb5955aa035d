"""The calls behind each method, as steps that a transport carries out: `RankingClient` and `AsyncRankingClient` differ in
nothing else."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shelfrank_client import protocol
from shelfrank_client.errors import DeadlineExceeded, RankingError, Unavailable, invalid
from shelfrank_client.page import RankedPage, callers_order
from shelfrank_client.request import (
    PageQuery,
    check_candidates,
    encode_request,
    model_request,
    rank_items_request,
    rank_request,
    ranked_pages,
    vectors,
)
from shelfrank_client.settings import Settings
from shelfrank_client.signature import RANK, RANK_ITEMS, Metadata, read_metadata
from shelfrank_client.status import read_status

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call:
    """One gRPC call.

    Attributes:
        method: its full name.
        request: the message.
        answer: the type of the answer.
        deadline: seconds.
    """

    method: str
    request: Any
    answer: Any
    deadline: float


Steps = Generator[Call, Any, Result]


class Conversation:
    """What a client says and how it reads the answers; each method yields calls and is sent their answers.

    Args:
        settings: of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._metadata: Metadata | None = None

    def rank(self, page: PageQuery, k: int | None, deadline: float | None, fallback: bool) -> Steps[RankedPage]:
        """See `RankingClient.rank`."""
        try:
            return (yield from self.rank_pages([page], k, deadline))[0]
        except (DeadlineExceeded, Unavailable) as error:
            if not fallback:
                raise
            return callers_order(page.candidates, k, str(error))

    def rank_pages(self, pages: Sequence[PageQuery], k: int | None, deadline: float | None) -> Steps[list[RankedPage]]:
        """See `RankingClient.rank_pages`."""
        for page in pages:
            check_candidates(page.candidates, self.settings.max_candidates)
        if not any(len(page.candidates) for page in pages):
            return [RankedPage((), None) for _ in pages]
        limit = self.settings.limit(deadline)
        metadata = yield from self._signatures(limit)
        request = rank_request(self._request(RANK), metadata, pages)
        response = yield Call(protocol.PREDICT, request, protocol.PredictResponse, limit)
        return ranked_pages(response, pages, k)

    def rank_items(
        self, page: PageQuery, items: Sequence[Mapping[str, Any]], k: int | None, deadline: float | None
    ) -> Steps[RankedPage]:
        """See `RankingClient.rank_items`."""
        check_candidates(page.candidates, self.settings.max_candidates)
        if not items:
            return RankedPage((), None)
        limit = self.settings.limit(deadline)
        metadata = yield from self._signatures(limit)
        request = rank_items_request(self._request(RANK_ITEMS), metadata, page, items)
        response = yield Call(protocol.PREDICT, request, protocol.PredictResponse, limit)
        return ranked_pages(response, [page], k)[0]

    def encode(
        self, signature: str, rows: Sequence[Mapping[str, Any]], deadline: float | None
    ) -> Steps[list[list[float]]]:
        """See `RankingClient.encode_query`."""
        if not rows:
            return []
        limit = self.settings.limit(deadline)
        metadata = yield from self._signatures(limit)
        request = encode_request(self._request(signature), metadata.of(signature), rows)
        return vectors((yield Call(protocol.PREDICT, request, protocol.PredictResponse, limit)))

    def metadata(self, deadline: float | None) -> Steps[Metadata]:
        """See `RankingClient.metadata`."""
        request = self._about_model(protocol.GetModelMetadataRequest)
        request.metadata_field.append("signature_def")
        limit = self.settings.limit(deadline)
        response = yield Call(protocol.GET_MODEL_METADATA, request, protocol.GetModelMetadataResponse, limit)
        self._metadata = read_metadata(response)
        return self._metadata

    def status(self, deadline: float | None) -> Steps[dict[int, str]]:
        """See `RankingClient.status`."""
        request = self._about_model(protocol.GetModelStatusRequest)
        limit = self.settings.limit(deadline)
        response = yield Call(protocol.GET_MODEL_STATUS, request, protocol.GetModelStatusResponse, limit)
        return read_status(response)

    def healthy(self, deadline: float | None) -> Steps[bool]:
        """See `RankingClient.healthy`."""
        limit = self.settings.limit(deadline)
        request = protocol.HealthCheckRequest()
        try:
            response = yield Call(protocol.HEALTH_CHECK, request, protocol.HealthCheckResponse, limit)
        except RankingError:
            return False
        return bool(response.status == 1)

    def _signatures(self, limit: float) -> Steps[Metadata]:
        if self._metadata is not None:
            return self._metadata
        return (yield from self.metadata(limit))

    def _request(self, signature: str) -> Any:
        return self._about_model(protocol.PredictRequest, signature)

    def _about_model(self, kind: Any, signature: str = "") -> Any:
        return model_request(kind, self.settings.model, self.settings.version, signature)


def items_page(
    query: str,
    items: Sequence[Mapping[str, Any]],
    user: Mapping[str, Any] | None,
    context: Mapping[str, Any] | None,
    history: Sequence[str],
) -> PageQuery:
    """The page of ``rank_items``.

    Raises:
        InvalidRequest: if an item has no id.
    """
    for item in items:
        if "item_id" not in item:
            raise invalid("items: an item has no 'item_id'")
    return PageQuery(query, [item["item_id"] for item in items], user or {}, context or {}, history)
