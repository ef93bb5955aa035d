"""What the two clients have in common: their arguments and connections."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import grpc

from shelfrank_client.backends import BREAKER, Breaker
from shelfrank_client.hedge import Hedge
from shelfrank_client.list_conversation import ListConversation
from shelfrank_client.observing import Observer
from shelfrank_client.request_log import RequestLog
from shelfrank_client.retry import RETRY, Retry
from shelfrank_client.settings import Fallback, Settings, channel_options, targets_of
from shelfrank_client.shapes import Shapes
from shelfrank_client.signature import SERVING_DEFAULT

Channel = TypeVar("Channel")


class BaseClient(Generic[Channel]):
    """A client without its transport; the arguments are those of `RankingClient`."""

    def __init__(
        self,
        target: str | Sequence[str],
        model: str = "shelfrank",
        deadline: float = 0.15,
        version: int | None = None,
        signature: str = SERVING_DEFAULT,
        max_candidates: int = 10_000,
        credentials: grpc.ChannelCredentials | None = None,
        options: Sequence[tuple[str, Any]] = (),
        *,
        fallback: Fallback = False,
        retry: Retry = RETRY,
        breaker: Breaker | None = BREAKER,
        label: str | None = None,
        compression: str | None = None,
        keepalive: float | None = None,
        observer: Observer | None = None,
        hedge: Hedge | None = None,
        chunk: int | None = None,
        list_sizes: Sequence[int] | None = None,
        history_length: int | None = None,
        request_log: RequestLog | None = None,
    ) -> None:
        settings = Settings(
            targets_of(target),
            model,
            deadline,
            version,
            signature,
            max_candidates,
            fallback,
            retry,
            breaker,
            label,
            observer,
            hedge,
            chunk,
            Shapes.of(list_sizes, history_length),
            request_log,
        )
        self._talk = ListConversation(settings)
        self._credentials = credentials
        self._options = channel_options(options, compression, keepalive)
        self._channels: list[Channel] = []
        self._closed = False
        self._made()

    def _made(self) -> None:
        """What a transport does as soon as its client is made."""

    def _open(self, insecure: Callable[..., Channel], secure: Callable[..., Channel]) -> list[Channel]:
        """The channel of each server, made the first time."""
        if not self._channels:
            self._channels = [
                insecure(address, options=self._options)
                if self._credentials is None
                else secure(address, self._credentials, options=self._options)
                for address in self._talk.settings.targets
            ]
        return self._channels
