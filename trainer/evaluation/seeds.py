"""What runs that differ by their seed only say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class SeedSummary:
    """One metric over S seeds.

    Attributes:
        mean: over the seeds.
        seeds: S, how many have the metric.
        deviation: standard deviation between the seeds (S - 1 below the line); None with one seed.
        low: lower end of the 95 % t-interval of the mean, for other seeds on the same queries; None with one seed.
        high: its upper end.
        total_low: lower end of the 95 % interval for other seeds on other queries; None where there are fewer than two
            seeds or the metric has no intervals over queries.
        total_high: its upper end.
    """

    mean: float
    seeds: int
    deviation: float | None = None
    low: float | None = None
    high: float | None = None
    total_low: float | None = None
    total_high: float | None = None


def summarise_seeds(metrics: Sequence[Mapping[str, float]]) -> dict[str, SeedSummary]:
    """Mean and intervals of each metric over seeds.

    Seeds that are measured on the same queries share the chance that those were drawn, so the interval over queries does
    not become narrower with more seeds, as that over seeds does. The total interval joins the half widths of both, that over
    queries being the mean of the runs' own, as the root of the sum of their squares; it is never narrower than either
    (Zou and Donner, 2008).

    Args:
        metrics: flat metrics of S runs, as in ``metrics.json``: ``<key>``, ``<key>.low`` and ``<key>.high``.

    Returns:
        A summary by key, of all keys that at least one run has, in the order of their first appearance.
    """
    keys = dict.fromkeys(key for run in metrics for key in run if not key.endswith((".low", ".high")))
    return {key: _summary(key, [run for run in metrics if key in run]) for key in keys}


def _summary(key: str, runs: Sequence[Mapping[str, float]]) -> SeedSummary:
    values = np.array([run[key] for run in runs], np.float64)
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return SeedSummary(mean, count)
    deviation = float(values.std(ddof=1))
    over_seeds = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * deviation / np.sqrt(count))
    low, high = mean - over_seeds, mean + over_seeds
    if not all(f"{key}.low" in run and f"{key}.high" in run for run in runs):
        return SeedSummary(mean, count, deviation, low, high)
    below = float(np.mean([run[key] - run[f"{key}.low"] for run in runs]))
    above = float(np.mean([run[f"{key}.high"] - run[key] for run in runs]))
    total_low = mean - float(np.hypot(over_seeds, below))
    return SeedSummary(mean, count, deviation, low, high, total_low, mean + float(np.hypot(over_seeds, above)))
