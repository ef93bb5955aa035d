"""Ranked items from a Shelfrank model on TF Serving."""

from shelfrank_client.aio import AsyncRankingClient
from shelfrank_client.backends import Breaker
from shelfrank_client.client import RankingClient
from shelfrank_client.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    RankingError,
    ServerError,
    Unavailable,
)
from shelfrank_client.hedge import Hedge
from shelfrank_client.item_list import ItemList, ListArguments, ListedItem
from shelfrank_client.observing import CallEvent, RequestEvent
from shelfrank_client.page import RankedItem, RankedPage
from shelfrank_client.page_query import PageQuery
from shelfrank_client.request_log import RequestLog
from shelfrank_client.retry import Retry

__all__ = [
    "AsyncRankingClient",
    "Breaker",
    "CallEvent",
    "DeadlineExceeded",
    "Hedge",
    "InvalidRequest",
    "ItemList",
    "ListArguments",
    "ListedItem",
    "ModelNotFound",
    "PageQuery",
    "RankedItem",
    "RankedPage",
    "RankingClient",
    "RankingError",
    "RequestEvent",
    "RequestLog",
    "Retry",
    "ServerError",
    "Unavailable",
]
