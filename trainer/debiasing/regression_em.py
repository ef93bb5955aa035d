"""Examination estimated from clicks alone."""

from dataclasses import dataclass

import numpy as np

from trainer.debiasing.relevance import RelevanceModel

LEAST, MOST = 1e-6, 1.0 - 1e-6


@dataclass(frozen=True)
class ClickCells:
    """Impressions counted by pair and position: what the likelihood needs of a log, whatever its length.

    Attributes:
        pair: of each cell, int64 [C], from 0 without gaps.
        position: int64 [C], from 0 for position 1.
        shown: impressions, float64 [C].
        clicked: of them clicked, float64 [C].
    """

    pair: np.ndarray
    position: np.ndarray
    shown: np.ndarray
    clicked: np.ndarray

    @classmethod
    def of(cls, pair: np.ndarray, position: np.ndarray, clicked: np.ndarray) -> "ClickCells":
        """Count impressions.

        Args:
            pair: query and item of each impression as one number, int [M], from 0 without gaps.
            position: int [M], 1 or more.
            clicked: [M], 0 or 1.
        """
        deepest = int(position.max())
        cell, place = np.unique(pair.astype(np.int64) * deepest + (position - 1), return_inverse=True)
        shown = np.bincount(place).astype(np.float64)
        return cls(cell // deepest, cell % deepest, shown, np.bincount(place, weights=clicked))


def regression_em(cells: ClickCells, relevance: RelevanceModel) -> np.ndarray:
    """Examination by position under the position-based click model, by regression EM (Wang et al. 2018).

    A click happens where the position is examined, e(k), and the item is relevant to the query, r(q, i). Each round takes
    the expectation of both for the impressions without a click,

    - examined but not relevant: e (1 - r) / (1 - e r),
    - relevant but not examined: (1 - e) r / (1 - e r),

    then sets e(k) to the mean over position k and fits the regression of relevance to its expectations. Only the product
    e r is identified, so that the largest e is set to 1 after each round and r takes its scale. The curve can be told from
    relevance only where the same pair, or pairs that the regression can't tell apart, were shown at several positions.

    Args:
        cells: counted impressions.
        relevance: the regression.

    Returns:
        float64 [K], relative to the largest; positions without an impression are as the one before.
    """
    count = int(cells.position.max()) + 1
    shown = np.bincount(cells.position, weights=cells.shown, minlength=count)
    clicks = np.bincount(cells.position, weights=cells.clicked, minlength=count)
    unclicked = cells.shown - cells.clicked
    examined = np.clip(clicks / np.maximum(shown, 1.0), LEAST, None)
    examined = np.clip(examined / examined.max(), LEAST, 1.0)
    pairs = int(cells.pair.max()) + 1
    shown_pair = np.bincount(cells.pair, weights=cells.shown, minlength=pairs)
    reached = np.bincount(cells.pair, weights=cells.shown * examined[cells.position], minlength=pairs)
    overall = min(cells.clicked.sum() / max(reached.sum(), 1e-9), 0.5)
    relevant = np.full(pairs, max(overall, LEAST))
    for _ in range(relevance.most_rounds):
        e, r = examined[cells.position], relevant[cells.pair]
        missed = np.maximum(1.0 - e * r, 1e-12)
        looked = cells.clicked + unclicked * e * (1.0 - r) / missed
        liked = cells.clicked + unclicked * (1.0 - e) * r / missed
        updated = np.bincount(cells.position, weights=looked, minlength=count) / np.maximum(shown, 1.0)
        scale = updated.max()
        updated = np.clip(updated / scale, LEAST, 1.0)
        expected = np.bincount(cells.pair, weights=liked, minlength=pairs) / shown_pair
        relevant = np.clip(relevance.fit(expected, shown_pair) * scale, LEAST, MOST)
        change = float(np.abs(updated - examined)[shown > 0].max())
        examined = updated
        if change < relevance.tolerance:
            break
    return carry_forward(examined, shown > 0)


def carry_forward(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values in which each unknown one is as the last known before it, or as the first known.

    Args:
        values: float [K]
        known: bool [K], at least one true.
    """
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return values[np.where(last >= 0, last, int(np.argmax(known)))]
