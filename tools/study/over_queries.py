"""Differences of runs over resamples of queries.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tools.study.config import MetricConfig
from tools.study.finished import FinishedRun
from trainer.metrics.bootstrap import HIGH, LOW


def difference_over_queries(
    pairs: Sequence[tuple[FinishedRun, FinishedRun]], metric: MetricConfig
) -> tuple[float, float] | None:
    """95 % interval of the mean difference over the seeds, for other queries and the same runs.

    Each resample draws queries with replacement, the same ones for all runs, with all of their pages.

    Args:
        pairs: a run and the reference of the same seed each.
        metric: which.

    Returns:
        Low and high end; None where the metric can't be had from the scores of the runs, or the runs of a pair did not score
        the same impressions.
    """
    keys = [metric.key] if metric.minus is None else [metric.key, metric.minus]
    if not all(_comparable(*sides, key) for key in keys for sides in pairs):
        return None
    terms = []
    for key in keys:
        for sides in pairs:
            for sign, side in zip((1.0, -1.0), sides, strict=True):
                statistics = side.statistics_with(key)
                terms.append((sign if key == metric.key else -sign, statistics, key))
    queries = pd.Index(pd.unique(np.concatenate([of.queries[of.found[key][0]] for _, of, key in terms])))
    draws = max(run.plan.experiment.evaluate.bootstrap for run, _ in pairs)
    if draws == 0 or len(queries) < 2:
        return None
    seed = pairs[0][0].plan.seed
    drawn = np.zeros(draws)
    for sign, of, key in terms:
        drawn += sign * of.resampled(key, queries, draws, seed) / len(pairs)
    if np.isnan(drawn).all():
        return None
    low, high = np.nanpercentile(drawn, [LOW, HIGH])
    return float(low), float(high)


def _comparable(run: FinishedRun, other: FinishedRun, key: str) -> bool:
    """Whether two runs have a metric of the same impressions."""
    mine, theirs = run.statistics_with(key), other.statistics_with(key)
    if key not in mine.found or key not in theirs.found:
        return False
    source, _ = mine.found[key]
    return mine.impressions[source].equals(theirs.impressions[source])
