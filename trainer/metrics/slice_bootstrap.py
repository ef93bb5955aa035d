"""Metrics of slices and of the rest over resamples of queries, all slices and many resamples at a time.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from trainer.metrics.ratio import Ratio

BINS = 256
CELLS_AT_ONCE = 4_000_000
LEAST = 1e-9
"""Denominators below are 0: a rest is a difference of sums, which may leave a rounding error."""


class SliceStatistic(Protocol):
    """A metric of V slices and of the rest of each."""

    def value(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The metric of each slice and of its rest.

        Args:
            times: float [B, U], how often each query is drawn in each of B resamples.

        Returns:
            float64 [B, V] each; NaN where it is not defined.
        """

    def queries(self) -> tuple[np.ndarray, np.ndarray]:
        """How many queries have a say in it, of each slice and of its rest, int64 [V] each."""


@dataclass(frozen=True)
class SliceRatio:
    """A metric that is a ratio of sums.

    Attributes:
        own: numerator and denominator of each slice by query, float64 [U, V] each.
        rest: the same of what is not in the slice.
    """

    own: tuple[np.ndarray, np.ndarray]
    rest: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of_pages(cls, ratio: Ratio, units: np.ndarray, code: np.ndarray, count: int) -> "SliceRatio":
        """Slices of pages.

        Args:
            ratio: over P pages.
            units: the query of each page, int64 [P].
            code: the slice of each page, int64 [P]; V for none.
            count: V.
        """
        parts = [_by_unit(sums, units, code, count + 1) for sums in (ratio.numerator, ratio.denominator)]
        own = (parts[0][:, :count], parts[1][:, :count])
        totals = [part.sum(axis=1, keepdims=True) for part in parts]
        return cls(own, (totals[0] - own[0], totals[1] - own[1]))

    @classmethod
    def of_items(cls, own: list[Ratio], rest: list[Ratio], units: np.ndarray) -> "SliceRatio":
        """Slices of items, measured each for itself: V ratios over P pages, and V of the rest."""
        nothing = np.zeros(len(units), np.int64)

        def columns(ratios: list[Ratio], name: str) -> np.ndarray:
            return np.hstack([_by_unit(getattr(ratio, name), units, nothing, 1) for ratio in ratios])

        return cls(
            (columns(own, "numerator"), columns(own, "denominator")),
            (columns(rest, "numerator"), columns(rest, "denominator")),
        )

    def value(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `SliceStatistic`."""
        own, rest = (_divide(times @ side[0], times @ side[1]) for side in (self.own, self.rest))
        return own, rest

    def queries(self) -> tuple[np.ndarray, np.ndarray]:
        """See `SliceStatistic`."""
        own, rest = ((side[1] > LEAST).sum(axis=0) for side in (self.own, self.rest))
        return own, rest


@dataclass(frozen=True)
class SliceAuc:
    """Area under the ROC curve of impressions, from counts by query, slice and bin of the score.

    Scores of more than 256 different values are cut into so many bins of equal mass, which count as ties; that moves an
    area by less than 0.002.

    Attributes:
        positives: counts, sparse [U, (V + 1) * bins]; the last slice is none.
        negatives: likewise.
        count: V.
        bins: ascending in the score.
    """

    positives: sparse.csr_matrix
    negatives: sparse.csr_matrix
    count: int
    bins: int

    @classmethod
    def of(
        cls, label: np.ndarray, score: np.ndarray, unit: np.ndarray, code: np.ndarray, count: int, units: int
    ) -> "SliceAuc":
        """Count impressions.

        Args:
            label: [M], 0 or 1.
            score: float [M]
            unit: the query of each impression, int64 [M].
            code: the slice of each impression, int64 [M]; V for none.
            count: V.
            units: U.
        """
        distinct, place = np.unique(score, return_inverse=True)
        bins = len(distinct)
        if bins > BINS:
            rank = np.cumsum(np.bincount(place)) - 1
            place, bins = (rank * BINS // len(score))[place], BINS
        column = code * bins + place

        def counted(chosen: np.ndarray) -> sparse.csr_matrix:
            cells = (np.ones(int(chosen.sum())), (unit[chosen], column[chosen]))
            return sparse.csr_matrix(cells, shape=(units, (count + 1) * bins))

        return cls(counted(label == 1), counted(label != 1), count, bins)

    def value(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `SliceStatistic`."""
        shape = (len(times), self.count + 1, self.bins)
        positives, negatives = ((times @ side).reshape(shape) for side in (self.positives, self.negatives))
        own = _area(positives[:, : self.count], negatives[:, : self.count])
        totals = positives.sum(axis=1, keepdims=True), negatives.sum(axis=1, keepdims=True)
        rest = _area(totals[0] - positives[:, : self.count], totals[1] - negatives[:, : self.count])
        return own, rest

    def queries(self) -> tuple[np.ndarray, np.ndarray]:
        """See `SliceStatistic`; those with a positive impression."""
        unit, column = self.positives.nonzero()
        held = np.zeros((self.positives.shape[0], self.count + 1), np.int64)
        held[unit, column // self.bins] = 1
        others = held.sum(axis=1, keepdims=True) - held
        return held.sum(axis=0)[: self.count], (others > 0).sum(axis=0)[: self.count]


def resampled(statistic: SliceStatistic, units: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A metric of V slices and of their rests over resamples of the queries.

    Args:
        statistic: the metric.
        units: U, how many queries there are.
        n: how many resamples.
        seed: of the resamples; one seed draws those of `trainer.metrics.bootstrap`.

    Returns:
        float64 [n, V] each.
    """
    drawn = [statistic.value(times) for times in _draws(units, n, seed)]
    own, rest = (np.concatenate([pair[side] for pair in drawn]) for side in (0, 1))
    return own, rest


def _draws(units: int, n: int, seed: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(seed)
    at_once = max(min(CELLS_AT_ONCE // max(units, 1), 50), 1)
    for start in range(0, n, at_once):
        rows = [
            np.bincount(random.integers(units, size=units), minlength=units) for _ in range(min(at_once, n - start))
        ]
        yield np.array(rows, np.float64)


def _by_unit(values: np.ndarray, units: np.ndarray, code: np.ndarray, count: int) -> np.ndarray:
    """Sums over the pages of each query and slice, float64 [U, count]."""
    rows = int(units.max(initial=-1)) + 1
    return np.bincount(units * count + code, weights=values, minlength=rows * count).reshape(rows, count)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    nothing = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    return np.divide(numerator, denominator, out=nothing, where=denominator > LEAST)


def _area(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """Area from counts by bin, ascending in the score, float [..., bins]."""
    below = np.cumsum(negatives, axis=-1) - negatives
    won = (positives * (below + 0.5 * negatives)).sum(axis=-1)
    return _divide(won, positives.sum(axis=-1) * negatives.sum(axis=-1))
