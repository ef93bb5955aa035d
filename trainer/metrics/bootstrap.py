"""Intervals of metrics by resampling pages or queries.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores
from trainer.metrics.page_metrics import Statistic

Unit = Literal["page", "query"]
StatisticsOf = Callable[[Pages, Scores, str, int], dict[str, Statistic]]
LOW, HIGH = 2.5, 97.5


class Difference(NamedTuple):
    """One ranker's metric minus another's, with the 95 % interval."""

    difference: float
    low: float
    high: float


def intervals(
    pages: Pages,
    scores: Scores,
    prefix: str,
    k: int,
    n: int,
    seed: int,
    unit: Unit,
    statistics_of: StatisticsOf,
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of all metrics of a ranker.

    Args:
        pages: P pages.
        scores: of their impressions.
        prefix: what the names begin with.
        k: cut of NDCG.
        n: how many resamples; 0 gives no intervals.
        seed: of the resamples; one seed draws the same units for every ranker.
        unit: what is drawn as a whole: pages, or all pages of a query.
        statistics_of: `log_statistics` or `judged_statistics` of `trainer.metrics.page_metrics`.

    Returns:
        Low and high end by name of the metric; empty where there are fewer than two units.
    """
    statistics = statistics_of(pages, scores, prefix, k)
    drawn = _resample(statistics, unit_of_page(pages, unit), n, seed)
    return {name: _ends(values) for name, values in drawn.items() if not np.isnan(values).all()}


def paired_difference(
    pages: Pages,
    first: Scores,
    second: Scores,
    prefix: str,
    k: int,
    n: int,
    seed: int,
    unit: Unit,
    statistics_of: StatisticsOf,
) -> dict[str, Difference]:
    """Differences of the metrics that both rankers have, with 95 % percentile intervals over the same resamples.

    Args:
        pages: P pages.
        first: scores of one ranker.
        second: scores of the other, subtracted.
        prefix: what the names begin with.
        k: cut of NDCG.
        n: how many resamples; without any, low and high are the difference itself.
        seed: of the resamples.
        unit: what is drawn as a whole.
        statistics_of: `log_statistics` or `judged_statistics` of `trainer.metrics.page_metrics`.

    Returns:
        The differences by name of the metric.
    """
    one, other = (statistics_of(pages, scores, prefix, k) for scores in (first, second))
    both = [name for name in one if name in other]
    units = unit_of_page(pages, unit)
    drawn = [_resample({name: side[name] for name in both}, units, n, seed) for side in (one, other)]
    differences = {}
    for name in both:
        difference = one[name].value() - other[name].value()
        if np.isnan(difference):
            continue
        ends = difference, difference
        if name in drawn[0]:
            ends = _ends(drawn[0][name] - drawn[1][name])
        differences[name] = Difference(difference, *ends)
    return differences


def unit_of_page(pages: Pages, unit: Unit) -> np.ndarray:
    """The unit that each page belongs to, int64 [P], from 0 without gaps."""
    if unit == "page":
        return np.arange(len(pages))
    return pd.factorize(pages.table["query"])[0]


def _resample(statistics: dict[str, Statistic], units: np.ndarray, n: int, seed: int) -> dict[str, np.ndarray]:
    """Each metric over n draws of as many units as there are, with replacement."""
    count = int(units.max(initial=-1)) + 1
    if n == 0 or count < 2:
        return {}
    random = np.random.default_rng(seed)
    values = {name: np.empty(n) for name in statistics}
    for draw in range(n):
        times = np.bincount(random.integers(count, size=count), minlength=count).astype(np.float64)
        weight = times[units]
        for name, statistic in statistics.items():
            values[name][draw] = statistic.value(weight)
    return values


def _ends(values: np.ndarray) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [LOW, HIGH])
    return float(low), float(high)
