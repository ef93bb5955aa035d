"""From pages to requests; nothing is sent here."""

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

from shelfrank_client.errors import brief, invalid
from shelfrank_client.page_query import CheckedPage, as_ids
from shelfrank_client.shapes import Shapes
from shelfrank_client.signature import RANK_ITEMS, Input, Metadata
from shelfrank_client.tensors import MISSING, STRING, pack


def model_request(kind: Any, model: str, version: int | None, label: str | None, signature: str = "") -> Any:
    """A request with its model_spec.

    Args:
        kind: the type of the request.
        model: the model's name.
        version: None leaves the field unset, which means the latest; 0 would mean exactly version 0.
        label: of the version, such as ``stable``; None for none.
        signature: the signature's name, for Predict.
    """
    request = kind()
    request.model_spec.name = model
    if version is not None:
        request.model_spec.version.value = version
    elif label is not None:
        request.model_spec.version_label = label
    if signature:
        request.model_spec.signature_name = signature
    return request


def fill_rank(request: Any, metadata: Metadata, signature: str, pages: Sequence[CheckedPage], shapes: Shapes) -> None:
    """Fill a PredictRequest that ranks by id.

    Args:
        request: with its model_spec set.
        metadata: of the model.
        signature: the one that ranks.
        pages: P pages; candidate lists of different lengths are padded with ``""``.
        shapes: of the lists.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    inputs = metadata.of(signature)
    features = metadata.features(signature)
    lists = [page.candidates for page in pages]
    put_ids(request, "item_id", lists, shapes.list_size(max(map(len, lists))))
    put_page_inputs(request, inputs, features, pages, shapes)


def fill_rank_items(
    request: Any,
    metadata: Metadata,
    signature: str,
    page: CheckedPage,
    items: Sequence[Mapping[str, Any]],
    shapes: Shapes,
) -> None:
    """Fill a PredictRequest for the ``rank_items`` signature: one page of N items, whose features are given.

    Args:
        request: with its model_spec set.
        metadata: of the model.
        signature: the one that ranks by id; what ``rank_items`` takes beyond it are the item features.
        page: with the ids of the items as candidates.
        items: N mappings of ``item_id`` and item features.
        shapes: of the lists.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    inputs = metadata.of(RANK_ITEMS)
    names = metadata.item_inputs(signature)
    size = shapes.list_size(len(items))
    padding = (None,) * (size - len(items))
    put_ids(request, "item_id", [page.candidates], size)
    for name, column in zip(names, _columns(items, names), strict=True):
        spec = inputs[name]
        values = _rows((*column, *padding), Input(spec.dtype, spec.shape[1:]), name)
        pack(values, (1, size, *spec.shape[2:]), spec.dtype, name, request.inputs[name])
    put_page_inputs(request, inputs, metadata.features(signature), [page], shapes)


def fill_encode(request: Any, inputs: Mapping[str, Input], rows: Sequence[Mapping[str, Any]]) -> None:
    """Fill a PredictRequest for ``encode_query`` or ``encode_item``.

    Args:
        request: with its model_spec set.
        inputs: of the signature.
        rows: P mappings of input names to values; what is left out is missing.

    Raises:
        InvalidRequest: if an input is unknown or has a wrong value.
    """
    for row in rows:
        _refuse_unknown(row, sorted(inputs), "unknown input")
    for name, spec in inputs.items():
        values = _rows([row.get(name) for row in rows], spec, name)
        pack(values, (len(rows), *spec.shape[1:]), spec.dtype, name, request.inputs[name])


def put_page_inputs(
    request: Any, inputs: Mapping[str, Input], features: Sequence[str], pages: Sequence[CheckedPage], shapes: Shapes
) -> None:
    """What all signatures for pages have a page.

    Args:
        request: to be filled.
        inputs: of the signature.
        features: user and context features among them.
        pages: P pages.
        shapes: of the lists.

    Raises:
        InvalidRequest: if a feature is unknown or has a wrong value.
    """
    given = [page.features for page in pages]
    for values in given:
        _refuse_unknown(values, ["user_id", *features], "unknown user or context feature")
    for name, column in (
        ("query", [page.query for page in pages]),
        ("user_id", ["" if values.get("user_id") is None else values["user_id"] for values in given]),
    ):
        pack(column, (len(pages),), STRING, name, request.inputs[name])

    def put_sequence(name: str, lists: Sequence[Sequence[str]]) -> None:
        put_ids(request, name, [shapes.recent(ids) for ids in lists], shapes.history_length or 1)

    put_sequence("history", [page.history for page in pages])
    for name in features:
        spec = inputs[name]
        column = [values.get(name) for values in given]
        if spec.is_sequence:
            put_sequence(name, [() if value is None else as_ids(value, name) for value in column])
        else:
            values_of_pages = _rows(column, spec, name)
            pack(values_of_pages, (len(pages), *spec.shape[1:]), spec.dtype, name, request.inputs[name])


def put_ids(request: Any, name: str, lists: Sequence[Sequence[str]], least: int) -> None:
    """Lists of ids as [P, longest], padded to ``least`` at least; never [P, 0]."""
    longest = max(1, least, *map(len, lists))
    flat = [item for ids in lists for item in (*ids, *[""] * (longest - len(ids)))]
    pack(flat, (len(lists), longest), STRING, name, request.inputs[name])


def _refuse_unknown(values: Mapping[str, Any], known: Collection[str], what: str) -> None:
    for name in values:
        if name not in known:
            raise invalid(f"{what} {name!r}; there are: {', '.join(known)}")


def _columns(items: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Sequence[Sequence[Any]]:
    """The values of each input, one an item; None for what is left out.

    Raises:
        InvalidRequest: if an item has something else.
    """
    known = ("item_id", *names)
    if names and all(len(item) == len(known) for item in items):
        try:
            return tuple(zip(*map(itemgetter(*known), items), strict=True))[1:]
        except KeyError:  # an item has something else
            pass
    for item in items:
        _refuse_unknown(item, known, "items: unknown item feature")
    return [[item.get(name) for item in items] for name in names]


def _rows(values: Sequence[Any], spec: Input, name: str) -> Sequence[Any]:
    """Values of an input, a row each, flat; what is missing becomes ``""``, NaN or 0."""
    missing = MISSING.get(spec.dtype, b"")
    if len(spec.shape) < 2:
        return [missing if value is None else value for value in values]
    width = spec.shape[1]
    flat: list[Any] = []
    for value in values:
        row = [missing] * width if value is None else _vector(value, name)
        if len(row) != width:
            raise invalid(f"{name}: expected {width} numbers, found {len(row)}")
        flat.extend(row)
    return flat


def _vector(value: Any, name: str) -> list[Any]:
    try:
        return list(value)
    except TypeError:
        raise invalid(f"{name}: expected a list of numbers, found {brief(value)}") from None
