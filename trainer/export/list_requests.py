"""Requests for lists made from pages."""

from collections.abc import Sequence

import numpy as np

from trainer.channels.list_channels import LISTS
from trainer.config import Experiment

Arrays = dict[str, np.ndarray]

HISTORY = 2
"""Candidates that stand for a history, at most."""
FACTOR = 1.5


def list_requests(
    experiment: Experiment, request: Arrays, request_ids: np.ndarray, categories: Sequence[str] = ("",)
) -> dict[str, Arrays]:
    """The inputs of each signature that makes lists, for the pages of a request for ``rank``.

    The page's candidates are what lists are asked with: the first one is the item of ``similar_items``; every second page
    excludes its last one, pins its second and boosts its first. Where the model reads no history its candidates stand for
    one, as channels read it all the same.

    Args:
        experiment: which declares the sequences.
        request: of P pages.
        request_ids: what names the pages, str [P].
        categories: taken in turn.

    Returns:
        Inputs by signature.
    """
    ids = request["item_id"]
    page, size = np.arange(len(ids)), (ids != "").sum(axis=1)
    odd = page % 2 == 1
    inputs = {name: values for name, values in request.items() if name != "item_id"}
    features = (*experiment.features.users, *experiment.features.context)
    if not any(feature.kind == "sequence" and feature.name == "history" for feature in features):
        inputs["history"] = ids[:, :HISTORY]
    second = ids[:, min(1, ids.shape[1] - 1)]
    given = {
        "category": np.resize(np.array(categories, np.str_), len(ids)),
        "request_id": request_ids.astype(str),
        "excluded": np.where(odd & (size > 2), ids[page, size - 1], "")[:, None],
        "pinned": np.where(odd, second, "")[:, None],
        "boosted": np.where(odd, ids[:, 0], "")[:, None],
        "boost": np.where(odd, np.float32(FACTOR), np.float32(1.0))[:, None],
    }
    # A feature may be called category.
    inputs = given | inputs
    similar = {"similar_to": ids[:, 0]}
    return {kind: inputs | (similar if kind == "similar_items" else {}) for kind in LISTS}
