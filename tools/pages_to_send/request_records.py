"""Pages out of logged requests: a TFRecord of `PredictionLog`, as `serving.local` logs them or a bundle brings them."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from shelfrank_client import PageQuery
from trainer.errors import InputError

SUFFIX = ".tfrecord"
RANKING = ("", "serving_default", "rank")
"""Signatures that rank by id; requests for others are left out."""


def request_pages(path: Path) -> list[PageQuery]:
    """Read the pages of logged requests.

    Args:
        path: the file.

    Returns:
        At least one page, in the order of the file. Features of users and context are all given as context; what was
        missing is left out.

    Raises:
        InputError: if the file is missing or no request in it ranks by id.
        ServerError: if it is damaged.
    """
    from serving.local.tensors import tensor_from_proto
    from serving.local.warmup_records import read_records

    if not path.is_file():
        raise InputError(f"{path}: no such file; --pages takes JSON lines, or a {SUFFIX} file of logged requests")
    pages = []
    for record in read_records(path):
        request = record.predict_log.request
        if request.model_spec.signature_name in RANKING and {"query", "item_id"} <= request.inputs.keys():
            inputs = {name: np.asarray(tensor_from_proto(proto).numpy()) for name, proto in request.inputs.items()}
            pages += [
                _page({name: values[row] for name, values in inputs.items()}) for row in range(len(inputs["query"]))
            ]
    if not pages:
        raise InputError(f"{path}: holds no request that ranks by id; log those of the signature serving_default")
    return pages


def _page(inputs: dict[str, Any]) -> PageQuery:
    values = {name: _value(value) for name, value in inputs.items()}
    query, candidates, history = values.pop("query"), values.pop("item_id"), values.pop("history", [])
    user = {"user_id": values.pop("user_id")} if values.get("user_id") else {}
    context = {name: value for name, value in values.items() if not _is_missing(value)}
    return PageQuery(query, list(dict.fromkeys(candidates)), user, context, history)


def _value(value: Any) -> Any:
    """A row of an input as the client takes it; padding of lists of ids is left out."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if np.ndim(value) == 0:
        return value.item()
    if value.dtype == object:
        return [each.decode(errors="replace") for each in value.tolist() if each]
    return value.tolist()


def _is_missing(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return first in ("", []) or (isinstance(first, float) and math.isnan(first))
