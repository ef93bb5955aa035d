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
    source = "judged" if metric.key.startswith("judged.") else "log"
    terms = []
    for key in keys:
        for sides in pairs:
            if not _comparable(*sides, key, source):
                return None
            sign = 1.0 if key == metric.key else -1.0
            run, other = (side.statistics.found[key] for side in sides)
            terms += [(sign, *run), (-sign, *other)]
    draws = max((run.plan.experiment.evaluate.bootstrap for run, _ in pairs), default=0)
    queries = pd.unique(np.concatenate([query for _, _, query in terms])) if terms else np.zeros(0)
    if draws == 0 or len(queries) < 2:
        return None
    places = pd.Series(np.arange(len(queries)), index=queries)
    weighed = [(sign, statistic, places[query].to_numpy()) for sign, statistic, query in terms]
    random = np.random.default_rng(pairs[0][0].plan.seed)
    drawn = np.empty(draws)
    for number in range(draws):
        times = np.bincount(random.integers(len(queries), size=len(queries)), minlength=len(queries)).astype(float)
        drawn[number] = sum(sign * statistic.value(times[units]) for sign, statistic, units in weighed) / len(pairs)
    if np.isnan(drawn).all():
        return None
    low, high = np.nanpercentile(drawn, [LOW, HIGH])
    return float(low), float(high)


def _comparable(run: FinishedRun, other: FinishedRun, key: str, source: str) -> bool:
    """Whether two runs have a metric of the same impressions."""
    mine, theirs = run.statistics, other.statistics
    if key not in mine.found or key not in theirs.found:
        return False
    scored = [side.impressions[side.impressions["source"] == source].reset_index(drop=True) for side in (mine, theirs)]
    return scored[0].equals(scored[1])
