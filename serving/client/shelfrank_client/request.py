"""From pages to requests, and from answers to ranked pages; nothing is sent here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shelfrank_client.errors import ServerError, invalid
from shelfrank_client.page import RankedItem, RankedPage
from shelfrank_client.signature import RANK, RANK_ITEMS, Input, Metadata
from shelfrank_client.tensors import MISSING, STRING, pack, unpack


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page to be ranked.

    Attributes:
        query: what the shopper typed.
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


def check_candidates(candidates: Sequence[str], most: int) -> None:
    """Refuse candidates that can't be ranked.

    Raises:
        InvalidRequest: if there are too many, or one is no text, empty or there twice.
    """
    if isinstance(candidates, str | bytes):
        raise invalid("candidates: expected a list of item ids, found one text")
    if len(candidates) > most:
        raise invalid(f"candidates: {len(candidates)} items, at most {most} can be ranked; send fewer")
    seen: set[str] = set()
    for item in candidates:
        if not isinstance(item, str) or not item:
            raise invalid(f"candidates: expected item ids as text that is not empty, found {item!r}")
        if item in seen:
            raise invalid(f"candidates: {item!r} is there twice")
        seen.add(item)


def rank_request(request: Any, metadata: Metadata, pages: Sequence[PageQuery]) -> Any:
    """Fill a PredictRequest for the ``rank`` signature.

    Args:
        request: with its model_spec set.
        metadata: of the model.
        pages: P pages; candidate lists of different lengths are padded with ``""``.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    inputs = metadata.of(RANK)
    longest = max(len(page.candidates) for page in pages)
    flat = [item for page in pages for item in _padded(page.candidates, longest)]
    request.inputs["item_id"].CopyFrom(pack(flat, (len(pages), longest), STRING, "item_id"))
    _page_inputs(request, inputs, metadata, pages)
    return request


def rank_items_request(request: Any, metadata: Metadata, page: PageQuery, items: Sequence[Mapping[str, Any]]) -> Any:
    """Fill a PredictRequest for the ``rank_items`` signature: one page, the item features given.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    inputs = metadata.of(RANK_ITEMS)
    names = metadata.item_inputs
    for item in items:
        unknown = set(item) - {"item_id", *names}
        if unknown:
            raise invalid(f"items: unknown feature {min(unknown)!r}; there are: item_id, {', '.join(names)}")
    request.inputs["item_id"].CopyFrom(pack(page.candidates, (1, len(items)), STRING, "item_id"))
    for name in names:
        spec = inputs[name]
        values = _column([item.get(name) for item in items], Input(spec.dtype, spec.shape[1:]), name)
        request.inputs[name].CopyFrom(pack(values, (1, len(items), *spec.shape[2:]), spec.dtype, name))
    _page_inputs(request, inputs, metadata, [page])
    return request


def encode_request(request: Any, inputs: Mapping[str, Input], rows: Sequence[Mapping[str, Any]]) -> Any:
    """Fill a PredictRequest for ``encode_query`` or ``encode_item``.

    Raises:
        InvalidRequest: if an input is unknown or has a wrong value.
    """
    for row in rows:
        unknown = set(row) - set(inputs)
        if unknown:
            raise invalid(f"unknown input {min(unknown)!r}; there are: {', '.join(sorted(inputs))}")
    for name, spec in inputs.items():
        values = _column([row.get(name) for row in rows], spec, name)
        request.inputs[name].CopyFrom(pack(values, (len(rows), *spec.shape[1:]), spec.dtype, name))
    return request


def _page_inputs(request: Any, inputs: Mapping[str, Input], metadata: Metadata, pages: Sequence[PageQuery]) -> None:
    """The inputs that both rank signatures have a page."""
    given = [{**page.context, **page.user} for page in pages]
    features = metadata.features
    for values in given:
        unknown = set(values) - {"user_id", *features}
        if unknown:
            there = ", ".join(features) or "none"
            raise invalid(f"unknown user or context feature {min(unknown)!r}; the model has: {there}")
    request.inputs["query"].CopyFrom(pack([page.query for page in pages], (len(pages),), STRING, "query"))
    users = [values.get("user_id") or "" for values in given]
    request.inputs["user_id"].CopyFrom(pack(users, (len(pages),), STRING, "user_id"))
    _sequence(request, "history", [page.history for page in pages])
    for name in features:
        spec = inputs[name]
        column = [values.get(name) for values in given]
        if spec.is_sequence:
            _sequence(request, name, [value or () for value in column])
        else:
            packed = pack(_column(column, spec, name), (len(pages), *spec.shape[1:]), spec.dtype, name)
            request.inputs[name].CopyFrom(packed)


def _sequence(request: Any, name: str, lists: Sequence[Sequence[str]]) -> None:
    for ids in lists:
        if isinstance(ids, str | bytes):
            raise invalid(f"{name}: expected a list of item ids, found one text")
    longest = max(1, *(len(ids) for ids in lists))
    flat = [item for ids in lists for item in _padded(ids, longest)]
    request.inputs[name].CopyFrom(pack(flat, (len(lists), longest), STRING, name))


def _padded(ids: Sequence[str], length: int) -> list[str]:
    return [*ids, *[""] * (length - len(ids))]


def _column(values: Sequence[Any], spec: Input, name: str) -> list[Any]:
    """Values of an input, a row each, flat; what is missing becomes ``""``, NaN or 0."""
    missing = MISSING.get(spec.dtype, b"")
    if len(spec.shape) < 2:
        return [missing if value is None else value for value in values]
    width = spec.shape[1]
    flat: list[Any] = []
    for value in values:
        row = [missing] * width if value is None else list(value)
        if len(row) != width:
            raise invalid(f"{name}: expected {width} numbers, found {len(row)}")
        flat.extend(row)
    return flat


def ranked_pages(response: Any, pages: Sequence[PageQuery], k: int | None) -> list[RankedPage]:
    """Read the answer to `rank_request` or `rank_items_request`.

    Raises:
        ServerError: if an output is missing or its shape is another.
    """
    outputs: dict[str, list[Any]] = {}
    width = 0
    for name in ("item_id", "score", "ctr", "cvr", "ctcvr", "known"):
        if name not in response.outputs:
            raise ServerError(f"the answer lacks the output {name!r}; is this a Shelfrank model?")
        outputs[name], shape = unpack(response.outputs[name])
        if len(shape) != 2 or shape[0] != len(pages):
            raise ServerError(f"the answer's {name} has shape {shape} for {len(pages)} pages")
        width = shape[1]
    version = response.model_spec.version.value
    ranked = []
    for number in range(len(pages)):
        row = range(number * width, (number + 1) * width)
        items = [
            RankedItem(
                outputs["item_id"][i].decode(),
                outputs["score"][i],
                outputs["ctr"][i],
                outputs["cvr"][i],
                outputs["ctcvr"][i],
                bool(outputs["known"][i]),
            )
            for i in row
            if outputs["item_id"][i]
        ]
        ranked.append(RankedPage(tuple(items[:k]), version))
    return ranked


def vectors(response: Any) -> list[list[float]]:
    """Read the answer of ``encode_query`` or ``encode_item``.

    Raises:
        ServerError: if there are no vectors in it.
    """
    if "vector" not in response.outputs:
        raise ServerError("the answer lacks the output 'vector'; is this a Shelfrank model?")
    flat, shape = unpack(response.outputs["vector"])
    width = shape[-1]
    return [flat[i : i + width] for i in range(0, len(flat), width)]


def model_request(kind: Any, model: str, version: int | None, signature: str = "") -> Any:
    """A request with its model_spec: the version field is left unset for the latest one."""
    request = kind()
    request.model_spec.name = model
    if version is not None:
        request.model_spec.version.value = version
    if signature:
        request.model_spec.signature_name = signature
    return request
