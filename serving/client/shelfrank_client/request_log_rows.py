"""Ranked pages and lists as rows of the table ``search_log``: an impression a row, every value as text."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shelfrank_client.answer import OUTPUTS
from shelfrank_client.page import ItemPage, RankedItem
from shelfrank_client.page_query import CheckedPage, PageQuery
from shelfrank_client.tensors import unpack

PAGE_COLUMNS = ("request_id", "timestamp", "user_id", "query")
ITEM_COLUMNS = ("item_id", "position", "score", "ctr", "cvr", "ctcvr", "known")
MODEL_COLUMNS = ("degraded", "model", "model_version")
COLUMNS = (*PAGE_COLUMNS, *ITEM_COLUMNS, *MODEL_COLUMNS, "history")
"""Those that every part has; features and further outputs come behind them."""

Further = dict[str, dict[str, Any]]
"""By output beyond those of a `RankedItem`, by item id: the value."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it was shown.

    Attributes:
        cells: what all its rows share, by column.
        items: in the order shown: `RankedItem`, or those of a list.
        further: what the server gave of each item besides.
    """

    cells: dict[str, str]
    items: tuple[Any, ...]
    further: Further


def shown_page(
    page: PageQuery | CheckedPage,
    ranked: ItemPage[Any],
    shared: Mapping[str, str],
    declared: Iterable[str] | None,
    further: Further,
) -> Shown:
    """Take of a page what its rows need; nothing in it changes when the caller's own objects do.

    Args:
        page: that was asked; not checked where the request was refused.
        ranked: what the caller got.
        shared: cells of every page of the request.
        declared: features of the model; None where they are not known, and those that were given are taken.
        further: of `further_outputs`.
    """
    features = page.features if isinstance(page, CheckedPage) else {**page.context, **page.user}
    names = features.keys() - {"user_id"} if declared is None else declared
    version = ranked.model_version
    history = page.history if isinstance(page.history, list | tuple) else ()
    own = {
        **shared,
        "user_id": cell(features.get("user_id")),
        "query": page.query if isinstance(page.query, str) else "",
        "degraded": str(int(ranked.degraded)),
        "model_version": "" if version is None else str(version),
        "history": cell(history),
    }
    given = {name: cell(features.get(name)) for name in names if name not in COLUMNS}
    return Shown({**given, **own}, ranked.items, further)


def rows_of(page: Shown) -> list[dict[str, str]]:
    """The rows of a page; a page in the caller's own order has no figures."""
    if page.cells["degraded"] == "1":
        return [{**page.cells, "item_id": item.item_id, "position": str(n)} for n, item in enumerate(page.items, 1)]
    return [
        {
            **{name: cell(values.get(item.item_id)) for name, values in page.further.items()},
            **page.cells,
            "item_id": item.item_id,
            "position": str(position),
            "score": f"{item.score:.9g}",
            "ctr": f"{item.ctr:.9g}",
            "cvr": f"{item.cvr:.9g}",
            "ctcvr": f"{item.ctcvr:.9g}",
            **_of_its_kind(item),
        }
        for position, item in enumerate(page.items, 1)
    ]


def _of_its_kind(item: Any) -> dict[str, str]:
    """What only a ranked item has, or only an item of a list."""
    if isinstance(item, RankedItem):
        return {"known": str(int(item.known))}
    return {"channels": ",".join(item.channels), "propensity": cell(item.propensity)}


def further_outputs(answers: Sequence[tuple[Iterable[int], Any]], pages: int) -> list[Further]:
    """Outputs [P, N] that a signature has beyond those of a `RankedItem`, such as ``propensity``.

    Args:
        answers: the numbers of the pages that a call was for, and its PredictResponse.
        pages: how many there are.

    Returns:
        For each page; outputs of other shapes are left out.
    """
    found: list[Further] = [{} for _ in range(pages)]
    for numbers, response in answers:
        names = response.outputs.keys() - set(OUTPUTS)
        if not names:
            continue
        ids, shape = unpack(response.outputs["item_id"])
        for name in sorted(names):
            values, of = unpack(response.outputs[name])
            if of != shape:
                continue
            for row, number in enumerate(numbers):
                cut = slice(row * shape[1], (row + 1) * shape[1])
                pairs = zip(ids[cut], values[cut], strict=True)
                found[number].setdefault(name, {}).update({item.decode(errors="replace"): v for item, v in pairs})
    return found


def cell(value: Any) -> str:
    """A value as it is written in a CSV; what is missing is empty."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return json.dumps([each if isinstance(each, str) else float(each) for each in value], ensure_ascii=False)
    return str(int(value)) if isinstance(value, bool) else str(value)
