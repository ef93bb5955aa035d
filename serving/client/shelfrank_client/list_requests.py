"""Requests for lists and their answers; nothing is sent here."""

from collections.abc import Mapping
from typing import Any, Literal

from shelfrank_client.answer import output
from shelfrank_client.errors import brief, invalid, unreadable
from shelfrank_client.item_list import ItemList, ListArguments, ListedItem
from shelfrank_client.page_query import CheckedPage, as_ids, checked_page, page_query
from shelfrank_client.request import put_ids, put_page_inputs
from shelfrank_client.shapes import Shapes
from shelfrank_client.signature import Metadata
from shelfrank_client.tensors import FLOAT, STRING, pack, unpack

TEXTS = ("category", "request_id", "similar_to")
LISTS: tuple[Literal["excluded"], Literal["pinned"]] = ("excluded", "pinned")
BOOSTED, BOOST = "boosted", "boost"
INPUTS = {*TEXTS, *LISTS, BOOSTED, BOOST}
"""Those that lists have beside the inputs of a page."""
SMALLEST, LARGEST = 1e-30, 1e30
"""Factors that are neither 0 nor infinite as float32."""
OUTPUTS = ("item_id", "score", "ctr", "cvr", "ctcvr", "channels", "propensity")


def checked_list(
    query: str, similar_to: str, given: ListArguments, max_candidates: int
) -> tuple[CheckedPage, dict[str, Any]]:
    """What is asked for a list.

    Args:
        query: may be empty.
        similar_to: the item of ``similar_items``; empty for other lists.
        given: what the caller gave.
        max_candidates: the longest list that is sent.

    Returns:
        A page without candidates, and the inputs that lists have beside those of a page.

    Raises:
        InvalidRequest: if something is no text, no list of ids or no mapping, an argument is unknown, or a factor can't be.
    """
    unknown = sorted(set(given) - set(ListArguments.__annotations__))
    if unknown:
        raise invalid(f"unknown argument {unknown[0]!r}; there are: {', '.join(ListArguments.__annotations__)}")
    asked = page_query(query, (), given.get("user"), given.get("context"), given.get("history", ()))
    page = checked_page(asked, max_candidates)
    texts = {"category": given.get("category", ""), "similar_to": similar_to}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise invalid(f"{name}: expected text, found {brief(value)}")
    lists = {name: as_ids(given.get(name, ()), name) for name in LISTS}
    boosts = _checked_boosts(given.get("boosted", {}))
    return page, texts | lists | {BOOSTED: tuple(boosts), BOOST: tuple(boosts.values())}


def logged_inputs(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a request log has of a list beside its page.

    Args:
        kind: of the list.
        given: as `checked_list` gives it, or the caller's arguments where they can't be sent.

    Returns:
        Values by column.
    """
    boosts = given.get(BOOSTED, ())
    factors = list(boosts.values()) if isinstance(boosts, Mapping) else given.get(BOOST, ())
    lists: dict[str, Any] = {name: given.get(name, ()) for name in LISTS}
    lists |= {BOOSTED: list(boosts) if isinstance(boosts, Mapping) else boosts, BOOST: factors}
    # Of what was not checked, only what can be read again.
    readable = {name: ids if isinstance(ids, list | tuple) else () for name, ids in lists.items()}
    of_item = {"similar_to": given.get("similar_to", "")} if kind == "similar_items" else {}
    return {"list": kind, "category": given.get("category", ""), **of_item, **readable}


def fill_list(
    request: Any, metadata: Metadata, signature: str, page: CheckedPage, given: dict[str, Any], shapes: Shapes
) -> None:
    """Fill a PredictRequest for a list.

    Args:
        request: with its model_spec set.
        metadata: of the model.
        signature: of the list.
        page: without candidates.
        given: as `checked_list` gives it, and ``request_id``.
        shapes: of the lists.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value, or the model takes no boosts.
    """
    inputs = metadata.of(signature)
    features = [name for name in metadata.features(signature) if name not in INPUTS]
    put_page_inputs(request, inputs, features, [page], shapes)
    for name in set(inputs) & set(TEXTS):
        pack([given.get(name, "")], (1,), STRING, name, request.inputs[name])
    for name in set(inputs) & set(LISTS):
        put_ids(request, name, [given.get(name, ())], 1)
    if BOOST in inputs:
        put_ids(request, BOOSTED, [given[BOOSTED]], 1)
        factors = given[BOOST] or (1.0,)
        pack(factors, (1, len(factors)), FLOAT, BOOST, request.inputs[BOOST])
    elif given[BOOSTED]:
        raise invalid("boosted: this model takes no boosts; export it again")


def read_list(response: Any, k: int | None, request_id: str) -> ItemList:
    """Read the answer to a request for a list.

    Args:
        response: a PredictResponse; outputs [1, K], best first, the list ends with ``""``.
        k: how many to keep; all where None.
        request_id: of the request.

    Raises:
        ServerError: if an output is missing or has another shape.
    """
    found = [unpack(output(response, name)) for name in OUTPUTS]
    shapes = [shape for _, shape in found]
    if any(shape != shapes[0] or len(shape) != 2 or shape[0] != 1 for shape in shapes):
        raise unreadable(f"the answer's outputs have shapes {shapes}, expected [1, K] each")
    items = []
    for item, score, ctr, cvr, ctcvr, channels, propensity in zip(*(values for values, _ in found), strict=True):
        if item:
            came = tuple(channels.decode().split(",")) if channels else ()
            items.append(ListedItem(item.decode(errors="replace"), score, ctr, cvr, ctcvr, came, propensity))
    return ItemList(tuple(items[:k]), response.model_spec.version.value, request_id=request_id)


def _checked_boosts(boosted: Any) -> dict[str, float]:
    """Factors by item.

    Raises:
        InvalidRequest: if they are no mapping of ids to numbers that can be sent.
    """
    if not isinstance(boosted, Mapping):
        raise invalid(f"boosted: expected a mapping of item ids to factors, found {brief(boosted)}")
    for item, factor in zip(as_ids(boosted, BOOSTED), boosted.values(), strict=True):
        if not item:
            raise invalid("boosted: expected item ids that are not empty, found ''")
        number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not number or not SMALLEST <= factor <= LARGEST:
            raise invalid(
                f"boosted: {brief(item)}: expected a factor above 0 ({SMALLEST:g} to {LARGEST:g}), found {brief(factor)}"
            )
    return dict(boosted)
