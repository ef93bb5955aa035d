"""Intervals of metrics by resampling pages or queries.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from trainer.data.pages import Pages
from trainer.metrics.page_metrics import Statistic

Unit = Literal["page", "query"]
LOW, HIGH = 2.5, 97.5


class Difference(NamedTuple):
    """One ranker's metric minus another's, with the 95 % interval; None where there is no interval."""

    difference: float
    low: float | None = None
    high: float | None = None


def intervals(
    statistics: Mapping[str, Statistic], units: np.ndarray, n: int, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of the metrics of a ranker.

    Args:
        statistics: by name: `log_statistics` or `judged_statistics` of `trainer.metrics.page_metrics`.
        units: the unit of each page, int64 [P], drawn as a whole; see `unit_of_page`.
        n: how many resamples; 0 gives no intervals.
        seed: of the resamples; one seed draws the same units for every ranker.

    Returns:
        Low and high end by name of the metric; empty where there are fewer than two units.
    """
    drawn = resample(statistics, units, n, seed)
    return {name: _ends(values) for name, values in drawn.items() if not np.isnan(values).all()}


def paired_difference(
    first: Mapping[str, Statistic], second: Mapping[str, Statistic], units: np.ndarray, n: int, seed: int
) -> dict[str, Difference]:
    """Differences of the metrics that two rankers have, with 95 % percentile intervals over the same resamples.

    Args:
        first: one ranker's statistics.
        second: the other's on the same pages, subtracted.
        units: the unit of each page, int64 [P], drawn as a whole.
        n: how many resamples; without any, low and high are None.
        seed: of the resamples.

    Returns:
        The differences by name of the metric.
    """
    both = [name for name in first if name in second]
    one, other = (resample({name: side[name] for name in both}, units, n, seed) for side in (first, second))
    differences = {}
    for name in both:
        difference = first[name].value() - second[name].value()
        if not np.isnan(difference):
            drawn = one[name] - other[name] if name in one else np.full(1, np.nan)
            differences[name] = Difference(difference, *(() if np.isnan(drawn).all() else _ends(drawn)))
    return differences


def unit_of_page(pages: Pages, unit: Unit) -> np.ndarray:
    """The unit that each page belongs to, int64 [P], from 0 without gaps."""
    if unit == "page":
        return np.arange(len(pages))
    return pd.factorize(pages.table["query"])[0]


def resample(
    statistics: Mapping[str, Statistic], units: np.ndarray, n: int, seed: int, count: int | None = None
) -> dict[str, np.ndarray]:
    """Metrics over n draws of as many units as there are, with replacement.

    Args:
        statistics: by name of the metric.
        units: the unit of each page, int64 [P].
        n: how many resamples.
        seed: of the resamples.
        count: how many units there are, where these pages lack some; by default those that they have.

    Returns:
        float64 [n] by name, NaN where a metric is not defined; empty where there are fewer than two units.
    """
    count = int(units.max(initial=-1)) + 1 if count is None else count
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
