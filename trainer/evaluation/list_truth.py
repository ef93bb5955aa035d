"""Whole lists judged by the hidden truth of a simulated log: read to judge by, never to learn from."""

from collections.abc import Callable, Mapping

import numpy as np

from trainer.data.pages import Pages
from trainer.metrics.list_ndcg import ndcg_of_gains
from trainer.metrics.listed import NOTHING, first_places
from trainer.metrics.page_metrics import Statistic

Attraction = Callable[[Pages], np.ndarray]
"""How much each item of the catalogue attracts the user of each page who asked its query, float [P, I], 0 or more."""
PAGES_AT_ONCE = 256


def true_list_ndcg(
    lists: Mapping[str, np.ndarray], pages: Pages, attraction: Attraction, k: int
) -> dict[str, dict[str, Statistic]]:
    """NDCG with the hidden attraction as gain; the ideal list is the best of the whole catalogue.

    Args:
        lists: item rows of each page by list, int [P, C] each, best first, -1 pads; an item that comes twice gains once.
        pages: P pages.
        attraction: of any item.
        k: places that count.

    Returns:
        ``truth.ndcg@k`` by list.
    """
    gains: dict[str, list[np.ndarray]] = {name: [] for name in lists}
    ideal = []
    for start in range(0, len(pages), PAGES_AT_ONCE):
        rows = np.arange(start, min(start + PAGES_AT_ONCE, len(pages)))
        given = attraction(pages.take(rows)).astype(np.float64)
        ideal.append(-np.sort(-given, axis=1)[:, :k])
        for name, listed in lists.items():
            shown = listed[rows, :k]
            gain = np.take_along_axis(given, np.where(shown == NOTHING, 0, shown), axis=1)
            gains[name].append(np.where(first_places(shown), gain, 0.0))
    best = np.concatenate(ideal)
    return {name: {f"truth.ndcg@{k}": ndcg_of_gains(np.concatenate(found), best)} for name, found in gains.items()}
