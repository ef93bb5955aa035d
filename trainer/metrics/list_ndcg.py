"""Normalised discounted cumulative gain of lists out of the whole catalogue."""

import numpy as np

from trainer.metrics.listed import relevant_places
from trainer.metrics.ratio import Ratio


def list_ndcg(listed: np.ndarray, item: np.ndarray, offset: np.ndarray, k: int) -> Ratio:
    """NDCG of each list cut at k, a relevant item gaining 1; pages without any are left out.

    The ideal list begins with all relevant items of the page, whether the list holds them or not.

    Args:
        listed: item rows, int [P, C], best first, -1 pads; an item that comes twice gains once.
        item: the relevant items of each page, each once, int [R].
        offset: int64 [P + 1]; those of page p are ``offset[p]:offset[p + 1]``.
        k: places that count.

    Returns:
        NDCG and 1, by page. Source: Järvelin and Kekäläinen, 2002.
    """
    gain = relevant_places(listed[:, :k], item, offset).astype(np.float64)
    ideal = np.arange(k) < np.diff(offset)[:, None]
    return ndcg_of_gains(gain, ideal.astype(np.float64))


def ndcg_of_gains(gain: np.ndarray, ideal: np.ndarray) -> Ratio:
    """NDCG of lists whose gains are given by place; pages where nothing gains are left out.

    Args:
        gain: of the listed items, float [P, K].
        ideal: the highest gains that K places can have, in falling order, float [P, K'].

    Returns:
        NDCG and 1, by page. Source: Järvelin and Kekäläinen, 2002, with linear gain.
    """
    best = ideal @ _discount(ideal.shape[1])
    counts = best > 0
    value = np.divide(gain @ _discount(gain.shape[1]), best, out=np.zeros(len(best)), where=counts)
    return Ratio(value, counts.astype(np.float64))


def _discount(places: int) -> np.ndarray:
    return 1 / np.log2(np.arange(places) + 2)
