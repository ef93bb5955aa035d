"""Mean reciprocal rank."""

import numpy as np
from scipy.special import gammaln

from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page, tie_places


def mrr(label: np.ndarray, score: np.ndarray, offset: np.ndarray) -> Ratio:
    """Reciprocal place of the first positive impression of each page; pages without one are left out.

    Where equal scores meet, the expectation over all their orders is taken: of m tied impressions with c positives the
    first positive stands at place j (from 0) of the tie with probability C(m - 1 - j, c - 1) / C(m, c).

    Args:
        label: [M], 0 or 1.
        score: float [M]
        offset: int64 [P + 1]

    Returns:
        Reciprocal rank and 1, by page. Source: Voorhees, 1999; ties after McSherry and Najork, 2008.
    """
    page = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    first, last = tie_places(score, offset)
    positive = label == 1
    best = np.full(len(offset) - 1, np.iinfo(np.int64).max)
    np.minimum.at(best, page[positive], first[positive])
    tied = first == best[page]
    clicks = sum_by_page(positive & tied, offset)
    rows = np.flatnonzero(tied)
    rows = rows[np.argsort(page[rows], kind="stable")]
    owner = page[rows]
    j = np.arange(len(rows)) - np.searchsorted(owner, owner, "left")
    m, c = (last - first + 1)[rows], clicks[owner]
    possible = m - 1 - j >= c - 1
    log_chance = _log_choose(np.where(possible, m - 1 - j, c - 1), c - 1) - _log_choose(m, c)
    value = np.where(possible, np.exp(log_chance), 0.0) / (first[rows] + j + 1)
    return Ratio(np.bincount(owner, weights=value, minlength=len(best)), (clicks > 0).astype(np.float64))


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
