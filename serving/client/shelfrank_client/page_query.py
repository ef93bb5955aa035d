"""What a caller asks: pages to be ranked, and what is refused before anything is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shelfrank_client.errors import invalid


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page to be ranked.

    Attributes:
        query: what the shopper typed; may be empty.
        candidates: item ids.
        user: ``user_id`` and the user features.
        context: the context features.
        history: ids of the items clicked before, most recent first.
    """

    query: str
    candidates: Sequence[str]
    user: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[str] = ()

    @property
    def features(self) -> dict[str, Any]:
        """User and context features, and ``user_id``."""
        return {**self.context, **self.user}


def checked_page(page: PageQuery, max_candidates: int) -> PageQuery:
    """The page with its lists as tuples.

    Raises:
        InvalidRequest: if the query is no text, there are too many candidates, one of them is no text, empty or there
            twice, the history is no list of text, or a feature is given as both user and context.
    """
    if not isinstance(page, PageQuery):
        raise invalid(f"pages: expected PageQuery objects, found {page!r}")
    if not isinstance(page.query, str):
        raise invalid(f"query: expected text, found {page.query!r}")
    candidates = as_ids(page.candidates, "candidates")
    if len(candidates) > max_candidates:
        raise invalid(f"candidates: {len(candidates)} items, at most {max_candidates} can be ranked; send fewer")
    if "" in candidates:
        raise invalid("candidates: expected item ids that are not empty, found ''")
    if len(set(candidates)) < len(candidates):
        raise invalid(f"candidates: {_first_repeated(candidates)!r} is there twice")
    for name in ("user", "context"):
        if not isinstance(getattr(page, name), Mapping):
            raise invalid(f"{name}: expected a mapping of feature names to values, found {getattr(page, name)!r}")
    twice = sorted(set(page.user) & set(page.context), key=str)
    if twice:
        raise invalid(f"feature {twice[0]!r} is given in both user and context")
    return PageQuery(page.query, candidates, page.user, page.context, as_ids(page.history, "history"))


def checked_items_page(page: PageQuery, items: Iterable[Mapping[str, Any]], max_candidates: int) -> PageQuery:
    """The page whose candidates are the ids of ``items``.

    Raises:
        InvalidRequest: as `checked_page`, or if an item is no mapping or has no ``item_id``.
    """
    ids = []
    for item in items:
        if not isinstance(item, Mapping) or "item_id" not in item:
            raise invalid(f"items: expected mappings with an 'item_id', found {item!r}")
        ids.append(item["item_id"])
    return checked_page(PageQuery(page.query, ids, page.user, page.context, page.history), max_candidates)


def as_ids(values: Iterable[str], name: str) -> tuple[str, ...]:
    """A list of item ids.

    Args:
        values: the ids.
        name: of the list, for errors.

    Raises:
        InvalidRequest: if it is no list, or something in it is no text.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise invalid(f"{name}: expected a list of item ids, found {values!r}")
    ids = tuple(values)
    for item in ids:
        if not isinstance(item, str):
            raise invalid(f"{name}: expected item ids as text, found {item!r}; write str({item!r})")
    return ids


def _first_repeated(ids: Sequence[str]) -> str:
    seen: set[str] = set()
    return next(item for item in ids if item in seen or seen.add(item))  # type: ignore[func-returns-value]
