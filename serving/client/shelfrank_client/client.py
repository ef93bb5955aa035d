"""The client."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import grpc

from shelfrank_client.conversation import Conversation, Steps, items_page
from shelfrank_client.errors import RankingError, error_of
from shelfrank_client.page import RankedPage
from shelfrank_client.request import PageQuery
from shelfrank_client.settings import Settings, channel_options
from shelfrank_client.signature import ENCODE_ITEM, ENCODE_QUERY, Metadata

Result = TypeVar("Result")


class RankingClient:
    """Ranks the items of search pages over gRPC. One client serves any number of threads.

    Args:
        target: ``host:port`` of the server.
        model: the model's name.
        deadline: seconds that a call may take; each request can set its own.
        version: the model version to ask; the latest where not given.
        max_candidates: the longest list that is sent.
        credentials: for TLS (``grpc.ssl_channel_credentials(...)``); plain text where not given.
        options: further gRPC channel options.

    Raises:
        InvalidRequest: if the model's name is empty or the deadline not above 0.
    """

    def __init__(
        self,
        target: str,
        model: str = "shelfrank",
        deadline: float = 0.15,
        version: int | None = None,
        max_candidates: int = 10_000,
        credentials: grpc.ChannelCredentials | None = None,
        options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        self._talk = Conversation(Settings(target, model, deadline, version, max_candidates))
        if credentials is None:
            self._channel = grpc.insecure_channel(target, options=channel_options(options))
        else:
            self._channel = grpc.secure_channel(target, credentials, options=channel_options(options))

    def __enter__(self) -> "RankingClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def rank(
        self,
        query: str,
        candidates: Sequence[str],
        user: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        history: Sequence[str] = (),
        k: int | None = None,
        deadline: float | None = None,
        fallback: bool = False,
    ) -> RankedPage:
        """Rank candidates for a query.

        Args:
            query: what the shopper typed; may be empty.
            candidates: item ids.
            user: ``user_id`` and user features; what is left out is missing to the model.
            context: context features.
            history: ids of the items that the user clicked, most recent first.
            k: how many to return; all where not given.
            deadline: seconds for each call of this request.
            fallback: whether to return the caller's own order, ``degraded``, when no answer comes in time.

        Returns:
            The ranked items; empty, without a call, for no candidates.

        Raises:
            InvalidRequest: if the request does not fit the model.
            DeadlineExceeded, Unavailable: if no answer came, and ``fallback`` is off.
            RankingError: for every other failure.
        """
        page = PageQuery(query, candidates, user or {}, context or {}, history)
        return self._run(self._talk.rank(page, k, deadline, fallback))

    def rank_pages(
        self, pages: Sequence[PageQuery], k: int | None = None, deadline: float | None = None
    ) -> list[RankedPage]:
        """Rank several pages in one call.

        Args:
            pages: their candidate lists may differ in length.
            k: how many items a page to return; all where not given.
            deadline: seconds for each call of this request.

        Returns:
            One ranked page each.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.rank_pages(pages, k, deadline))

    def rank_items(
        self,
        query: str,
        items: Sequence[Mapping[str, Any]],
        user: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        history: Sequence[str] = (),
        k: int | None = None,
        deadline: float | None = None,
    ) -> RankedPage:
        """Rank items that the model's table may not have: each brings ``item_id``, its texts and its features.

        Returns:
            The ranked items; empty, without a call, for no items.

        Raises:
            RankingError: as `rank`.
        """
        page = items_page(query, items, user, context, history)
        return self._run(self._talk.rank_items(page, items, k, deadline))

    def encode_query(self, *queries: str, deadline: float | None = None) -> list[list[float]]:
        """Unit vectors of queries, for outside indexes.

        Raises:
            RankingError: as `rank`.
        """
        rows = [{"query": query} for query in queries]
        return self._run(self._talk.encode(ENCODE_QUERY, rows, deadline))

    def encode_item(self, *items: Mapping[str, str], deadline: float | None = None) -> list[list[float]]:
        """Unit vectors of items, each a mapping of its text columns, for outside indexes.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.encode(ENCODE_ITEM, items, deadline))

    def metadata(self, deadline: float | None = None) -> Metadata:
        """The signatures of the model, asked anew.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.metadata(deadline))

    def status(self, deadline: float | None = None) -> dict[int, str]:
        """The state of each version, for instance ``{3: "AVAILABLE"}``.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.status(deadline))

    def healthy(self, deadline: float | None = None) -> bool:
        """Whether the server says that it serves; False where it can not be reached."""
        return self._run(self._talk.healthy(deadline))

    def _run(self, steps: Steps[Result]) -> Result:
        try:
            call = next(steps)
            while True:
                send = self._channel.unary_unary(
                    call.method, request_serializer=_to_bytes, response_deserializer=call.answer.FromString
                )
                failure: RankingError | None = None
                try:
                    answer = send(call.request, timeout=call.deadline)
                except grpc.RpcError as error:
                    failure = error_of(error.code().name, error.details() or "", self._talk.settings.target)
                call = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as end:
            result: Result = end.value
            return result


def _to_bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString())
