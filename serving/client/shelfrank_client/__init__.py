"""Ranked items from a Shelfrank model on TF Serving."""

from shelfrank_client.aio import AsyncRankingClient
from shelfrank_client.client import RankingClient
from shelfrank_client.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    RankingError,
    ServerError,
    Unavailable,
)
from shelfrank_client.page import RankedItem, RankedPage
from shelfrank_client.page_query import PageQuery

__all__ = [
    "AsyncRankingClient",
    "DeadlineExceeded",
    "InvalidRequest",
    "ModelNotFound",
    "PageQuery",
    "RankedItem",
    "RankedPage",
    "RankingClient",
    "RankingError",
    "ServerError",
    "Unavailable",
]
