"""What a list is that the model made itself, and what is asked for one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from shelfrank_client.page import ItemPage, callers_order
from shelfrank_client.settings import Fallback


class ListedItem(NamedTuple):
    """An item that the model found.

    Attributes:
        item_id: its id.
        score: what the list is ordered by.
        ctr: probability of a click.
        cvr: probability of a purchase after a click.
        ctcvr: probability of a click and a purchase.
        channels: that found it, such as ``("text", "trending")``; none for a pinned item that no channel found.
        propensity: probability that this item stands at this position, given what was asked; log it, for unbiased estimates.
    """

    item_id: str
    score: float
    ctr: float
    cvr: float
    ctcvr: float
    channels: tuple[str, ...]
    propensity: float


@dataclass(frozen=True, slots=True)
class ItemList(ItemPage[ListedItem]):
    """Items that the model found; where degraded the caller's ``backup``."""


class ListArguments(TypedDict, total=False):
    """What every request for a list may give.

    Attributes:
        user: ``user_id`` and user features.
        context: context features.
        history: ids of the items that the user clicked, most recent first.
        category: of which ``trending`` tells; all where not given.
        excluded: ids that may not come, such as those bought already.
        pinned: ids that come first, in this order, where the model knows them.
        boosted: by id of an item, what its score is multiplied with before the list is ordered, such as ``{"i7": 1.5}``; it
            brings no item that the model did not find.
        k: how many to return; as many as the model lists where not given.
        deadline: seconds for this request; the client's where not given.
        backup: ids that are shown, ``degraded``, where no answer comes and ``fallback`` is on.
        fallback: as `RankingClient.rank`.
        request_id: sent along, and the seed of what the model draws: the same id gives the same list.
    """

    user: Mapping[str, Any] | None
    context: Mapping[str, Any] | None
    history: Iterable[str]
    category: str
    excluded: Iterable[str]
    pinned: Iterable[str]
    boosted: Mapping[str, float]
    k: int | None
    deadline: float | None
    backup: Iterable[str]
    fallback: Fallback | None
    request_id: str | None


def backup_list(ids: Any, k: Any, reason: str, request_id: str) -> ItemList:
    """The list that is shown when no answer came; the arguments are those of `callers_order`."""
    shown = callers_order(ids, k, reason, request_id)
    items = tuple(ListedItem(item.item_id, 0.0, 0.0, 0.0, 0.0, (), 0.0) for item in shown)
    return ItemList(items, None, True, reason, request_id)
