"""What a ranking is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, overload


class RankedItem(NamedTuple):
    """An item and its figures.

    Attributes:
        item_id: as the caller gave it.
        score: what the page is ordered by.
        ctr: probability of a click.
        cvr: probability of a purchase after a click.
        ctcvr: probability of a click and a purchase.
        known: whether the model's item table has it.
    """

    item_id: str
    score: float
    ctr: float
    cvr: float
    ctcvr: float
    known: bool


ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class ItemPage(Sequence[ItemT], Generic[ItemT]):
    """Items, best first.

    Attributes:
        items: the items.
        model_version: the version that answered; None where none did.
        degraded: whether this is what the caller had, because no answer came.
        reason: why, where degraded.
        request_id: that went along with the calls; the same for all pages of one request.
    """

    items: tuple[ItemT, ...]
    model_version: int | None
    degraded: bool = False
    reason: str = ""
    request_id: str = ""

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[ItemT]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> ItemT: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[ItemT, ...]: ...

    def __getitem__(self, index: int | slice) -> ItemT | tuple[ItemT, ...]:
        return self.items[index]


@dataclass(frozen=True, slots=True)
class RankedPage(ItemPage[RankedItem]):
    """The caller's candidates, ranked; where degraded in the caller's own order."""


def callers_order(candidates: Any, k: Any, reason: str, request_id: str) -> RankedPage:
    """The page that is shown when no answer came: the caller's order, whatever was wrong with the request.

    Args:
        candidates: item ids; what is none, or there again, is left out.
        k: how many to keep; all where that can't be.
        reason: what happened.
        request_id: of the request.
    """
    listed = candidates if isinstance(candidates, list | tuple) else ()
    ids = list(dict.fromkeys(item for item in listed if isinstance(item, str) and item))
    kept = ids[:k] if isinstance(k, int) and not isinstance(k, bool) and k > 0 else ids
    return RankedPage(
        tuple(RankedItem(item, 0.0, 0.0, 0.0, 0.0, False) for item in kept), None, True, reason, request_id
    )
