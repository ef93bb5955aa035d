"""The client."""

import time
from collections.abc import Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

import grpc

from shelfrank_client.base import BaseClient
from shelfrank_client.errors import RankingError, closed, error_of
from shelfrank_client.list_methods import ListMethods
from shelfrank_client.page import RankedPage
from shelfrank_client.page_query import PageQuery, page_query, query_rows
from shelfrank_client.protocol import to_bytes
from shelfrank_client.settings import Fallback
from shelfrank_client.signature import ENCODE_ITEM, ENCODE_QUERY, Metadata
from shelfrank_client.steps import Call, Race, Result, Step, Steps, Together, Wait


class RankingClient(ListMethods, BaseClient[grpc.Channel]):
    """Ranks the items of search pages over gRPC. One client serves any number of threads.

    The first request also reads the model's signatures; `metadata` does that beforehand.

    Args:
        target: ``host:port`` of the server, or several of them, which take turns.
        model: the model's name.
        deadline: seconds that a request may take, all its calls together; each request can set its own.
        version: the model version to ask; the latest where not given.
        signature: the one that ranks by id.
        max_candidates: the longest list that is sent.
        credentials: for TLS (``grpc.ssl_channel_credentials(...)``); plain text where not given.
        options: further gRPC channel options.
        fallback: what requests do without an answer, unless they say otherwise; see `rank`.
        retry: when calls are sent again.
        breaker: when a server that fails is left alone; None for never.
        label: of the model version to ask, such as ``stable``, in place of ``version``.
        compression: of the requests, ``gzip`` or ``deflate``.
        keepalive: seconds without a sign of life after which a connection with open calls is probed, and as many after which
            it is given up.
        chunk: candidates of a page that one call may have; longer lists are sent in parts at the same time, and merged.
        hedge: when a second call is sent because the first is late; None for never.
        list_sizes: lengths to which candidate lists are filled up with padding, such as ``(24, 48, 100)``, where the server
            batches; lists above the last one go as they are.
        history_length: items of the history, and of other sequences, that are sent: the most recent ones, or padding behind
            them; None for as many as there are.
        observer: called with a `CallEvent` for each call and a `RequestEvent` for each request, in the thread of the request.
        request_log: takes note of the pages that requests return; the caller closes it.

    Raises:
        InvalidRequest: if an argument can't be, for instance a deadline of 0.
    """

    def _made(self) -> None:
        self._open(grpc.insecure_channel, grpc.secure_channel)

    def __enter__(self) -> "RankingClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for channel in self._channels:
            channel.close()

    def rank(
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
        """Rank candidates for a query.

        Args:
            query: what the shopper typed; may be empty.
            candidates: item ids.
            user: ``user_id`` and user features; what is left out is missing to the model.
            context: context features.
            history: ids of the items that the user clicked, most recent first.
            k: how many to return; all where not given.
            deadline: seconds for this request; the client's where not given.
            fallback: True returns the caller's own order, ``degraded``, when no answer comes in time; ``"always"`` also
                for every other error, so that no `RankingError` is raised; False neither; None what the client was made
                with.
            request_id: sent along as ``x-request-id``; drawn where not given.

        Returns:
            The ranked items; empty, without a call, for no candidates.

        Raises:
            InvalidRequest: if the request does not fit the model.
            DeadlineExceeded, Unavailable: if no answer came, and ``fallback`` is off.
            RankingError: for every other failure, unless ``fallback`` is ``"always"``.
        """
        page = page_query(query, candidates, user, context, history)
        return self._run(self._talk.rank(page, k, deadline, fallback, request_id))

    def rank_pages(
        self,
        pages: Iterable[PageQuery],
        k: int | None = None,
        deadline: float | None = None,
        fallback: Fallback | None = None,
        request_id: str | None = None,
    ) -> list[RankedPage]:
        """Rank several pages in one call.

        Args:
            pages: their candidate lists may differ in length.
            k: how many items a page to return; all where not given.
            deadline: seconds for this request; the client's where not given.
            fallback: as `rank`.

        Returns:
            One ranked page each.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.rank_pages(pages, k, deadline, fallback, request_id))

    def rank_items(
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
        """Rank items that the model's table may not have.

        Args:
            query: what the shopper typed; may be empty.
            items: each its ``item_id``, text columns and features; what is left out is missing to the model.
            user: as `rank`, and so on to ``fallback``.

        Returns:
            The ranked items; empty, without a call, for no items.

        Raises:
            RankingError: as `rank`.
        """
        page = page_query(query, (), user, context, history)
        return self._run(self._talk.rank_items(page, items, k, deadline, fallback, request_id))

    def encode_query(
        self, *queries: str, features: Mapping[str, Any] | None = None, deadline: float | None = None
    ) -> list[list[float]]:
        """Unit vectors of queries, for outside indexes.

        Args:
            queries: P texts.
            features: user and context features of kind text, where the model has them; they hold for every query.
            deadline: seconds for this request; the client's where not given.

        Returns:
            P vectors of width D.

        Raises:
            RankingError: as `rank`.
        """
        return self._run(self._talk.encode(ENCODE_QUERY, query_rows(queries, features), deadline))

    def encode_item(self, *items: Mapping[str, Any], deadline: float | None = None) -> list[list[float]]:
        """Unit vectors of items, for outside indexes.

        Args:
            items: P mappings of the items' text columns.
            deadline: seconds for this request; the client's where not given.

        Returns:
            P vectors of width D.

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
            step = next(steps)
            while True:
                try:
                    answer = self._carry_out(step)
                except RankingError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _carry_out(self, step: Step) -> Any:
        if isinstance(step, Wait):
            return time.sleep(step.seconds)
        if isinstance(step, Race):
            return self._race(step)
        if isinstance(step, Together):
            return self._together(step)
        try:
            return self._method(step)(step.request, timeout=step.timeout, metadata=step.metadata)
        except grpc.RpcError as error:
            raise self._error(step, error) from None

    def _race(self, race: Race) -> tuple[Call, Any]:
        ended: SimpleQueue[tuple[Call, Any]] = SimpleQueue()
        futures: list[Any] = []

        def begin(call: Call) -> None:
            future = self._method(call).future(call.request, timeout=call.timeout, metadata=call.metadata)
            futures.append(future)
            future.add_done_callback(lambda done: ended.put((call, done)))

        begin(race.first)
        wait: float | None = race.delay
        errors: dict[int, RankingError] = {}
        try:
            while len(errors) < len(futures):
                try:
                    call, done = ended.get(timeout=wait)
                except Empty:
                    wait, second = None, race.second()
                    if second is not None:
                        begin(second)
                    continue
                try:
                    return call, done.result()
                except grpc.RpcError as error:
                    errors[id(call)] = self._error(call, error)
                    race.failed(call, errors[id(call)])
            raise errors[id(race.first)]
        finally:
            for future in futures:
                future.cancel()

    def _together(self, together: Together) -> list[Any]:
        futures = [
            self._method(call).future(call.request, timeout=call.timeout, metadata=call.metadata)
            for call in together.calls
        ]
        outcomes: list[Any] = []
        for call, future in zip(together.calls, futures, strict=True):
            try:
                outcomes.append(future.result())
            except grpc.RpcError as error:
                outcomes.append(self._error(call, error))
        return outcomes

    def _method(self, call: Call) -> Any:
        if self._closed:
            raise closed()
        return self._channels[call.backend].unary_unary(
            call.method, request_serializer=to_bytes, response_deserializer=call.answer.FromString
        )

    def _error(self, call: Call, error: grpc.RpcError) -> RankingError:
        return error_of(error.code().name, error.details() or "", self._talk.settings.targets[call.backend])
