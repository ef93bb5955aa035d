"""What a caller asks: pages to be ranked, and what is refused before anything is sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shelfrank_client.errors import brief, invalid


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
    candidates: Iterable[str]
    user: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    history: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A page that can be sent.

    Attributes:
        query: what the shopper typed.
        candidates: item ids, each once.
        features: user and context features, and ``user_id``.
        history: item ids.
    """

    query: str
    candidates: tuple[str, ...]
    features: dict[str, Any]
    history: tuple[str, ...]


def with_list(page: PageQuery) -> PageQuery:
    """The page with its candidates as a list, which can be read again; what is no page stays as it is."""
    if not isinstance(page, PageQuery) or isinstance(page.candidates, list | tuple | str | bytes):
        return page
    if not isinstance(page.candidates, Iterable):
        return page
    return replace(page, candidates=tuple(page.candidates))


def checked_page(page: PageQuery, max_candidates: int) -> CheckedPage:
    """The page as it can be sent.

    Raises:
        InvalidRequest: if the query is no text, there are too many candidates, one of them is no text, empty or there
            more than once, the history is no list of text, or a feature is given as both user and context.
    """
    if not isinstance(page, PageQuery):
        raise invalid(f"pages: expected PageQuery objects, found {brief(page)}")
    if not isinstance(page.query, str):
        raise invalid(f"query: expected text, found {brief(page.query)}")
    candidates = as_ids(page.candidates, "candidates")
    if len(candidates) > max_candidates:
        raise invalid(f"candidates: {len(candidates)} items, at most {max_candidates} can be ranked; send fewer")
    if "" in candidates:
        raise invalid("candidates: expected item ids that are not empty, found ''")
    if len(set(candidates)) < len(candidates):
        repeated = next(item for item, count in Counter(candidates).items() if count > 1)
        raise invalid(f"candidates: {repeated!r} is there more than once")
    for name in ("user", "context"):
        if not isinstance(getattr(page, name), Mapping):
            raise invalid(f"{name}: expected a mapping of feature names to values, found {brief(getattr(page, name))}")
    twice = sorted(set(page.user) & set(page.context), key=str)
    if twice:
        raise invalid(f"feature {twice[0]!r} is given in both user and context")
    return CheckedPage(page.query, candidates, {**page.context, **page.user}, as_ids(page.history, "history"))


def checked_items_page(page: PageQuery, items: Iterable[Mapping[str, Any]], max_candidates: int) -> CheckedPage:
    """The page whose candidates are the ids of ``items``.

    Raises:
        InvalidRequest: as `checked_page`, or if an item is no mapping or has no ``item_id``.
    """
    ids = []
    for item in items:
        # The look at the type saves the slower question for what items mostly are.
        if (type(item) is not dict and not isinstance(item, Mapping)) or "item_id" not in item:
            raise invalid(f"items: expected mappings with an 'item_id', found {brief(item)}")
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
        raise invalid(f"{name}: expected a list of item ids, found {brief(values)}")
    ids = tuple(values)
    for item in ids:
        if not isinstance(item, str):
            raise invalid(f"{name}: expected item ids as text, found {brief(item)}; convert it")
    return ids


def page_query(
    query: str,
    candidates: Iterable[str],
    user: Mapping[str, Any] | None,
    context: Mapping[str, Any] | None,
    history: Iterable[str],
) -> PageQuery:
    """The page of a method's arguments, not yet checked."""
    return PageQuery(query, candidates, {} if user is None else user, {} if context is None else context, history)


def query_rows(queries: Iterable[str], features: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rows of ``encode_query``: each query with the same features."""
    if features is not None and not isinstance(features, Mapping):
        raise invalid(f"features: expected a mapping of feature names to values, found {brief(features)}")
    return [{**(features or {}), "query": query} for query in queries]
