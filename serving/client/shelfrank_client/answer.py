"""From answers to ranked pages, vectors and states."""

from collections.abc import Sequence
from itertools import compress
from operator import attrgetter
from typing import Any

from shelfrank_client.errors import unreadable
from shelfrank_client.page import RankedItem, RankedPage
from shelfrank_client.page_query import CheckedPage
from shelfrank_client.tensors import unpack

OUTPUTS = ("item_id", "score", "ctr", "cvr", "ctcvr", "known")
ITEM_ID = attrgetter("item_id")
# As get_model_status.proto numbers them.
STATES = {0: "UNKNOWN", 10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}
SERVING = 1  # of health.proto
SAME = 1e-5
"""Difference of the scores of one item in two places of a batch, above 1 in proportion."""


def read_pages(response: Any, pages: Sequence[CheckedPage], request_id: str) -> list[RankedPage]:
    """Read the answer to a request that ranks.

    Args:
        response: a PredictResponse; outputs [P, N], best first, padding as ``""``.
        pages: the P pages that were asked.
        request_id: of the request.

    Raises:
        ServerError: if an output is missing or has another shape, or a page's items are not the ones that were asked, but
            for the padding of a server that batches.
    """
    outputs: dict[str, list[Any]] = {}
    shapes = []
    for name in OUTPUTS:
        outputs[name], shape = unpack(output(response, name))
        shapes.append(shape)
        if shape != shapes[0] or len(shape) != 2 or shape[0] != len(pages):
            raise unreadable(f"the answer's {name} has shape {shape} for {len(pages)} pages of shape {shapes[0]}")
    width = shapes[0][1]
    version = response.model_spec.version.value
    ranked = []
    first = pages[0].candidates[0] if pages[0].candidates else None
    for number, page in enumerate(pages):
        start = number * width
        ids, *figures, known = (outputs[name][start : start + width] for name in OUTPUTS)
        texts = [item.decode(errors="replace") for item in ids]
        rows = zip(texts, *figures, map(bool, known), strict=True)
        items = tuple(map(RankedItem._make, compress(rows, ids)))
        if len(items) > len(page.candidates) and first is not None:
            items = _without_padding(items, first, first in page.candidates)
        if len(items) != len(page.candidates) or set(map(ITEM_ID, items)) != set(page.candidates):
            raise unreadable(f"page {number}: the answer does not hold the {len(page.candidates)} items asked for")
        ranked.append(RankedPage(items, version, request_id=request_id))
    return ranked


def _without_padding(items: Sequence[RankedItem], first: str, asked: bool) -> tuple[RankedItem, ...]:
    """The items of a page without what TF Serving padded it with to join it with a longer one: the first value of item_id.

    Args:
        items: best first.
        first: the first candidate of the request's first page.
        asked: whether it is one of the page's candidates, too.

    Raises:
        ServerError: if its occurrences differ in score, so that it can't be told which of them was asked.
    """
    found = [item for item in items if item.item_id == first]
    if asked and any(abs(item.score - found[0].score) > SAME * max(1.0, abs(found[0].score)) for item in found):
        raise unreadable(
            f"the answer holds {first!r} {len(found)} times with different scores, as the server padded its features too; "
            "give the client list_sizes"
        )
    return tuple(item for item in items if item.item_id != first or (asked and item is found[0]))


def read_vectors(response: Any, count: int) -> list[list[float]]:
    """Read the answer of ``encode_query`` or ``encode_item``.

    Args:
        response: a PredictResponse; output ``vector`` [P, D].
        count: P.

    Raises:
        ServerError: if there is not one vector for each row asked.
    """
    flat, shape = unpack(output(response, "vector"))
    if len(shape) != 2 or shape[0] != count:
        raise unreadable(f"the answer's vector has shape {shape} for {count} rows")
    width = shape[1]
    return [flat[row * width : (row + 1) * width] for row in range(count)]


def read_status(response: Any) -> dict[int, str]:
    """The state of each version of a GetModelStatusResponse."""
    return {entry.version: STATES.get(entry.state, str(entry.state)) for entry in response.model_version_status}


def output(response: Any, name: str) -> Any:
    """An output of a PredictResponse.

    Raises:
        ServerError: if it is missing.
    """
    if name not in response.outputs:
        raise unreadable(f"the answer lacks the output {name!r}; is this a Shelfrank model?")
    return response.outputs[name]
