"""The numbers behind the pictures of a report."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from trainer.metrics.ece import BINS
from trainer.metrics.ties import ascending, sum_by_page, sum_by_tie, tie_places

Z = 1.959964


class Curve(NamedTuple):
    """Points of a curve, float64 [K] each."""

    x: np.ndarray
    y: np.ndarray


class Rates(NamedTuple):
    """Predicted and seen rates of groups, float64 [K] each, the 95 % interval of the seen ones, and impressions."""

    predicted: np.ndarray
    seen: np.ndarray
    low: np.ndarray
    high: np.ndarray
    mass: np.ndarray


def roc_curve(label: np.ndarray, score: np.ndarray) -> Curve | None:
    """Share of the positives (y) over share of the negatives (x) above each distinct score, from (0, 0) to (1, 1).

    Args:
        label: [M], 0 or 1.
        score: float [M], higher is better.

    Returns:
        The curve, or None where one class is absent.
    """
    positive, everything = _cumulated(label, score)
    negative = everything - positive
    if not len(positive) or positive[-1] == 0 or negative[-1] == 0:
        return None
    return Curve(np.append(0.0, negative / negative[-1]), np.append(0.0, positive / positive[-1]))


def pr_curve(label: np.ndarray, score: np.ndarray) -> Curve | None:
    """Precision (y) over recall (x) above each distinct score.

    Args:
        label: [M], 0 or 1.
        score: float [M], higher is better.

    Returns:
        The curve, or None where one class is absent.
    """
    positive, everything = _cumulated(label, score)
    if not len(positive) or positive[-1] == 0 or positive[-1] == everything[-1]:
        return None
    return Curve(positive / positive[-1], positive / everything)


def _cumulated(label: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positives and impressions at or above each distinct score, from the highest down."""
    starts, _, label = ascending(score, label.astype(np.float64))
    if not len(starts):
        return np.zeros(0), np.zeros(0)
    positives, everything = sum_by_tie(label, starts), sum_by_tie(np.ones(len(label)), starts)
    return np.cumsum(positives[::-1]), np.cumsum(everything[::-1])


def thin(curve: Curve, points: int) -> Curve:
    """About ``points`` of a curve's points, spread evenly over its x; the first and the last stay."""
    if len(curve.x) <= points:
        return curve
    chosen = np.searchsorted(curve.x, np.linspace(curve.x[0], curve.x[-1], points))
    chosen = np.unique(np.concatenate([[0], chosen, [len(curve.x) - 1]]))
    return Curve(curve.x[chosen], curve.y[chosen])


def calibration(label: np.ndarray, probability: np.ndarray, bins: int = BINS) -> Rates:
    """Mean prediction and seen rate over bins of equal mass, those of `trainer.metrics.ece.ece`.

    Args:
        label: [M], 0 or 1.
        probability: float [M]
        bins: how many at most; equal probabilities share a bin.
    """
    starts, probability, label = ascending(probability, label.astype(np.float64))
    edges = np.searchsorted(starts, len(label) * np.arange(bins) / bins, "left")
    first = np.unique(starts[edges[edges < len(starts)]])
    count = np.diff(np.append(first, len(label)))
    return _rates(np.add.reduceat(probability, first), np.add.reduceat(label, first), count)


def rates_by_position(position: np.ndarray, label: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, Rates]:
    """Mean prediction and seen rate at each position.

    Args:
        position: int [M], 1-based.
        label: [M], 0 or 1.
        probability: float [M]

    Returns:
        The positions that occur, int64 [K], and their rates.
    """
    count = np.bincount(position)
    shown = np.flatnonzero(count)
    predicted, clicks = (np.bincount(position, weights=values)[shown] for values in (probability, label))
    return shown, _rates(predicted, clicks, count[shown])


def _rates(predicted: np.ndarray, positive: np.ndarray, count: np.ndarray) -> Rates:
    """Sums as rates, with the interval of Wilson (1927)."""
    seen = positive / count
    centre = (seen + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * np.sqrt(seen * (1 - seen) / count + Z**2 / (4 * count**2))
    return Rates(predicted / count, seen, centre - half, centre + half, count)


def ndcg_by_page(gain: np.ndarray, score: np.ndarray, offset: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """NDCG of each page at several cuts, as `trainer.metrics.ndcg.ndcg` defines it.

    Args:
        gain: float [M], 0 or more.
        score: float [M]; equal scores share the mean discount of their places.
        offset: int64 [P + 1]
        cuts: int [K]

    Returns:
        float64 [P, K]; NaN on pages whose gains are all equal. Source: Järvelin and Kekäläinen, 2002.
    """
    differs = sum_by_page(np.abs(gain - gain[np.repeat(offset[:-1], np.diff(offset))]), offset) > 0
    reached, ideal = (_dcg(gain, by, offset, cuts) for by in (score, gain))
    return np.divide(reached, ideal, out=np.full(reached.shape, np.nan), where=differs[:, None] & (ideal > 0))


def _dcg(gain: np.ndarray, score: np.ndarray, offset: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    first, last = tie_places(score, offset)
    place = np.arange(int(np.diff(offset).max(initial=0)))
    out = np.empty((len(offset) - 1, len(cuts)))
    for column, cut in enumerate(cuts):
        sums = np.concatenate([[0.0], np.cumsum(np.where(place < cut, 1 / np.log2(place + 2), 0.0))])
        out[:, column] = sum_by_page(gain * (sums[last + 1] - sums[first]) / (last + 1 - first), offset)
    return out


def frequency_bands(query_of_page: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Pages parted by how often their query was asked, each band about a third of the pages.

    Queries of one frequency share a band, so bands may differ in size.

    Args:
        query_of_page: [P]

    Returns:
        The band of each page, int64 [P], 0 the most frequent, and the names of the bands; one name where all
        queries are as frequent.
    """
    frequency = query_of_page.map(query_of_page.value_counts()).to_numpy()
    _, level, count = np.unique(-frequency, return_inverse=True, return_counts=True)
    middle = (np.cumsum(count) - count / 2) / len(frequency)
    thirds, band = np.unique(np.minimum((middle * 3).astype(np.int64), 2)[level], return_inverse=True)
    names = {1: ["all"], 2: ["head", "tail"], 3: ["head", "torso", "tail"]}[len(thirds)]
    return band, names
