"""The client on asyncio."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import grpc
import grpc.aio

from shelfrank_client.base import BaseClient
from shelfrank_client.errors import RankingError, closed, error_of
from shelfrank_client.list_methods import AsyncListMethods
from shelfrank_client.page import RankedPage
from shelfrank_client.page_query import PageQuery, page_query, query_rows
from shelfrank_client.protocol import to_bytes
from shelfrank_client.settings import Fallback
from shelfrank_client.signature import ENCODE_ITEM, ENCODE_QUERY, Metadata
from shelfrank_client.steps import Call, Race, Result, Step, Steps, Together, Wait


class AsyncRankingClient(AsyncListMethods, BaseClient[grpc.aio.Channel]):
    """`RankingClient` on ``grpc.aio``: the same arguments and methods, awaited, in one event loop."""

    async def __aenter__(self) -> "AsyncRankingClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for channel in self._channels:
            await channel.close(None)

    async def rank(
        self,
        query: str,
        candidates: Iterable[str],
        user: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        history: Iterable[str] = (),
        k: int | None = None,
        deadline: float | None = None,
        fallback: Fallback | None = None,
        request_id: str | None = None,
    ) -> RankedPage:
        """See `RankingClient.rank`."""
        page = page_query(query, candidates, user, context, history)
        return await self._run(self._talk.rank(page, k, deadline, fallback, request_id))

    async def rank_pages(
        self,
        pages: Iterable[PageQuery],
        k: int | None = None,
        deadline: float | None = None,
        fallback: Fallback | None = None,
        request_id: str | None = None,
    ) -> list[RankedPage]:
        """See `RankingClient.rank_pages`."""
        return await self._run(self._talk.rank_pages(pages, k, deadline, fallback, request_id))

    async def rank_items(
        self,
        query: str,
        items: Iterable[Mapping[str, Any]],
        user: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        history: Iterable[str] = (),
        k: int | None = None,
        deadline: float | None = None,
        fallback: Fallback | None = None,
        request_id: str | None = None,
    ) -> RankedPage:
        """See `RankingClient.rank_items`."""
        page = page_query(query, (), user, context, history)
        return await self._run(self._talk.rank_items(page, items, k, deadline, fallback, request_id))

    async def encode_query(
        self, *queries: str, features: Mapping[str, Any] | None = None, deadline: float | None = None
    ) -> list[list[float]]:
        """See `RankingClient.encode_query`."""
        return await self._run(self._talk.encode(ENCODE_QUERY, query_rows(queries, features), deadline))

    async def encode_item(self, *items: Mapping[str, Any], deadline: float | None = None) -> list[list[float]]:
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
            step = next(steps)
            while True:
                try:
                    answer = await self._carry_out(step)
                except RankingError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result

    async def _carry_out(self, step: Step) -> Any:
        if isinstance(step, Wait):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, Together):
            return await asyncio.gather(*map(self._outcome, step.calls))
        return await (self._race(step) if isinstance(step, Race) else self._send(step))

    async def _outcome(self, call: Call) -> Any:
        try:
            return await self._send(call)
        except RankingError as error:
            return error

    async def _race(self, race: Race) -> tuple[Call, Any]:
        calls = {asyncio.ensure_future(self._send(race.first)): race.first}
        wait: float | None = race.delay
        errors: dict[int, RankingError] = {}
        try:
            while len(errors) < len(calls):
                left = [task for task, call in calls.items() if id(call) not in errors]
                ended, _ = await asyncio.wait(left, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                if not ended:
                    wait, second = None, race.second()
                    if second is not None:
                        calls[asyncio.ensure_future(self._send(second))] = second
                for task in ended:
                    try:
                        return calls[task], task.result()
                    except RankingError as error:
                        errors[id(calls[task])] = error
                        race.failed(calls[task], error)
            raise errors[id(race.first)]
        finally:
            for task in calls:
                # One that failed beside the winner is asked for its error, or asyncio would complain that no one did.
                if not task.cancel() and not task.cancelled():
                    task.exception()

    async def _send(self, call: Call) -> Any:
        if self._closed:
            raise closed()
        # A channel belongs to the event loop in which it is made, and a client may be made before there is one.
        channels = self._open(grpc.aio.insecure_channel, grpc.aio.secure_channel)
        method = channels[call.backend].unary_unary(
            call.method, request_serializer=to_bytes, response_deserializer=call.answer.FromString
        )
        try:
            return await method(call.request, timeout=call.timeout, metadata=call.metadata)
        except grpc.aio.AioRpcError as error:
            raise error_of(
                error.code().name, error.details() or "", self._talk.settings.targets[call.backend]
            ) from None
