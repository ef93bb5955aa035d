"""Differences of runs over resamples of queries.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from tools.study.config import MetricConfig
from tools.study.finished import FinishedRun
from trainer.data.pages import Pages
from trainer.evaluation.evaluation import SCORES
from trainer.evaluation.scores import Scores
from trainer.evaluation.truth import hidden_truth, truth_beside, truth_statistics
from trainer.metrics.bootstrap import HIGH, LOW
from trainer.metrics.page_metrics import Statistic, judged_statistics, log_statistics

SAME = ["source", "page", "request_id", "item_id"]
PROBABILITIES = ("ctr", "cvr", "ctcvr", "ctr_uncalibrated", "ctcvr_uncalibrated")
Weighed = tuple[Statistic, np.ndarray]
"""A metric and the query of each of its pages, [P]."""


def difference_over_queries(
    pairs: Sequence[tuple[FinishedRun, FinishedRun]], metric: MetricConfig
) -> tuple[float, float] | None:
    """95 % interval of the mean difference over the seeds, for other queries and the same runs.

    Each resample draws queries with replacement, the same ones for all runs, with all of their pages.

    Args:
        pairs: a run and the reference of the same seed each.
        metric: which.

    Returns:
        Low and high end; None where the metric can't be had from the scores of the runs, or a pair was not scored on the
        same pages.
    """
    sides: list[tuple[Weighed, Weighed]] = []
    for run, other in pairs:
        mine, theirs = _read(run), _read(other)
        if not mine[SAME].equals(theirs[SAME]):
            return None
        first, second = _statistic(run, mine, metric.key), _statistic(other, theirs, metric.key)
        if first is None or second is None or metric.minus is not None:
            return None
        sides.append((first, second))
    draws = max((run.plan.experiment.evaluate.bootstrap for run, _ in pairs), default=0)
    queries = pd.unique(np.concatenate([query for (_, query), _ in sides])) if sides else np.zeros(0)
    if draws == 0 or len(queries) < 2:
        return None
    places = pd.Series(np.arange(len(queries)), index=queries)
    weighed = [[(statistic, places[query].to_numpy()) for statistic, query in side] for side in sides]
    random = np.random.default_rng(pairs[0][0].plan.seed)
    drawn = np.empty(draws)
    for number in range(draws):
        times = np.bincount(random.integers(len(queries), size=len(queries)), minlength=len(queries)).astype(float)
        values = [[statistic.value(times[units]) for statistic, units in side] for side in weighed]
        drawn[number] = np.mean([first - second for first, second in values])
    if np.isnan(drawn).all():
        return None
    low, high = np.nanpercentile(drawn, [LOW, HIGH])
    return float(low), float(high)


def _read(run: FinishedRun) -> pd.DataFrame:
    path = run.plan.folder / SCORES
    names = set(pq.read_schema(path).names)
    wanted = [*SAME, "query", "position", "clicked", "purchased", "relevance", "score", *PROBABILITIES]
    return pd.read_parquet(path, columns=[name for name in wanted if name in names])


def _statistic(run: FinishedRun, scored: pd.DataFrame, key: str) -> Weighed | None:
    """What a metric of ``metrics.json`` is computed from."""
    split, k = str(run.evaluation["split"]), int(run.evaluation["k"])
    found: Mapping[str, Statistic] = {}
    rows = scored[scored["source"] == ("judged" if key.startswith("judged.") else "log")]
    if rows.empty:
        return None
    pages = _pages(rows)
    given = {name: rows[name].to_numpy() for name in PROBABILITIES if name in rows and rows[name].notna().all()}
    scores = Scores(score=rows["score"].to_numpy(), **given)
    if key.startswith("judged."):
        found = judged_statistics(pages, scores, "judged", k, run.evaluation["lowest_relevance"])
    elif key.startswith(f"{split}.truth."):
        path = truth_beside(run.plan.experiment.data)
        if path is None:
            return None
        found = truth_statistics(pages, hidden_truth(path, rows), scores, split, k)
    else:
        found = log_statistics(pages, scores, split, k)
    return (found[key], pages.table["query"].to_numpy(object)) if key in found else None


def _pages(rows: pd.DataFrame) -> Pages:
    """The pages of scored impressions of one source, which stand page by page."""
    page = rows["page"].to_numpy()
    first = np.flatnonzero(np.r_[True, page[1:] != page[:-1]])
    return Pages(
        table=rows.iloc[first][["request_id", "query"]].reset_index(drop=True),
        offset=np.r_[first, len(rows)].astype(np.int64),
        item=pd.factorize(rows["item_id"])[0].astype(np.int32),
        position=rows["position"].to_numpy(),
        clicked=rows["clicked"].to_numpy(),
        purchased=rows["purchased"].to_numpy(),
        relevance=rows["relevance"].to_numpy(),
    )
