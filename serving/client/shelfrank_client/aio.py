"""The client on asyncio."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import grpc
import grpc.aio

from shelfrank_client.conversation import Conversation, Steps, items_page
from shelfrank_client.errors import RankingError, error_of
from shelfrank_client.page import RankedPage
from shelfrank_client.request import PageQuery
from shelfrank_client.settings import Settings, channel_options
from shelfrank_client.signature import ENCODE_ITEM, ENCODE_QUERY, Metadata

Result = TypeVar("Result")


class AsyncRankingClient:
    """`RankingClient` on ``grpc.aio``: the same arguments and methods, awaited."""

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
            self._channel = grpc.aio.insecure_channel(target, options=channel_options(options))
        else:
            self._channel = grpc.aio.secure_channel(target, credentials, options=channel_options(options))

    async def __aenter__(self) -> "AsyncRankingClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(None)

    async def rank(
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
        """See `RankingClient.rank`."""
        page = PageQuery(query, candidates, user or {}, context or {}, history)
        return await self._run(self._talk.rank(page, k, deadline, fallback))

    async def rank_pages(
        self, pages: Sequence[PageQuery], k: int | None = None, deadline: float | None = None
    ) -> list[RankedPage]:
        """See `RankingClient.rank_pages`."""
        return await self._run(self._talk.rank_pages(pages, k, deadline))

    async def rank_items(
        self,
        query: str,
        items: Sequence[Mapping[str, Any]],
        user: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        history: Sequence[str] = (),
        k: int | None = None,
        deadline: float | None = None,
    ) -> RankedPage:
        """See `RankingClient.rank_items`."""
        page = items_page(query, items, user, context, history)
        return await self._run(self._talk.rank_items(page, items, k, deadline))

    async def encode_query(self, *queries: str, deadline: float | None = None) -> list[list[float]]:
        """See `RankingClient.encode_query`."""
        rows = [{"query": query} for query in queries]
        return await self._run(self._talk.encode(ENCODE_QUERY, rows, deadline))

    async def encode_item(self, *items: Mapping[str, str], deadline: float | None = None) -> list[list[float]]:
        """See `RankingClient.encode_item`."""
        return await self._run(self._talk.encode(ENCODE_ITEM, items, deadline))

    async def metadata(self, deadline: float | None = None) -> Metadata:
        """See `RankingClient.metadata`."""
        return await self._run(self._talk.metadata(deadline))

    async def status(self, deadline: float | None = None) -> dict[int, str]:
        """See `RankingClient.status`."""
        return await self._run(self._talk.status(deadline))

    async def healthy(self, deadline: float | None = None) -> bool:
        """See `RankingClient.healthy`."""
        return await self._run(self._talk.healthy(deadline))

    async def _run(self, steps: Steps[Result]) -> Result:
        try:
            call = next(steps)
            while True:
                send = self._channel.unary_unary(
                    call.method, request_serializer=_to_bytes, response_deserializer=call.answer.FromString
                )
                failure: RankingError | None = None
                try:
                    answer = await send(call.request, timeout=call.deadline)
                except grpc.aio.AioRpcError as error:
                    failure = error_of(error.code().name, error.details() or "", self._talk.settings.target)
                call = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as end:
            result: Result = end.value
            return result


def _to_bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString())
