"""Requests for lists and their answers; nothing is sent here."""

from typing import Any, Literal

from shelfrank_client.answer import output
from shelfrank_client.errors import brief, invalid, unreadable
from shelfrank_client.item_list import ItemList, ListArguments, ListedItem
from shelfrank_client.page_query import CheckedPage, as_ids, checked_page, page_query
from shelfrank_client.request import put_ids, put_page_inputs
from shelfrank_client.shapes import Shapes
from shelfrank_client.signature import Metadata
from shelfrank_client.tensors import STRING, pack, unpack

TEXTS = ("category", "request_id", "similar_to")
LISTS: tuple[Literal["excluded"], Literal["pinned"]] = ("excluded", "pinned")
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
        InvalidRequest: if something is no text, no list of ids or no mapping, or an argument is unknown.
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
    return page, texts | lists


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
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    inputs = metadata.of(signature)
    features = [name for name in metadata.features(signature) if name not in TEXTS + LISTS]
    put_page_inputs(request, inputs, features, [page], shapes)
    for name in set(inputs) & set(TEXTS):
        pack([given.get(name, "")], (1,), STRING, name, request.inputs[name])
    for name in set(inputs) & set(LISTS):
        put_ids(request, name, [given.get(name, ())], 1)


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
