"""What a reader must know of figures: metrics that are absent and pages that do not count."""

from collections.abc import Mapping

import numpy as np

from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores
from trainer.metrics.page_metrics import Statistic
from trainer.metrics.ratio import Ratio

NEEDS = {
    "ctr.auc": "impressions with and without a click",
    "ctr.pr_auc": "impressions with and without a click",
    "ctr.log_loss": "impressions whose click is known",
    "ctr.ece": "impressions whose click is known",
    "cvr.auc": "clicked impressions with and without a purchase",
    "ctcvr.auc": "impressions with and without a purchase",
    "ctr.ece_uncalibrated": "impressions whose click is known",
    "ctcvr.ece": "a purchase",
    "ctcvr.ece_uncalibrated": "a purchase",
    "gauc": "a page with a clicked and an unclicked item",
    "ndcg": "a page with a better and a worse item",
    "mrr": "a page with a click",
    "pair_accuracy": "a query with items of different grade",
}
OF_A_TASK = "labels of the task, of 0 and of 1 where it is a probability"
PROBABILITIES = ("ctr", "cvr", "ctcvr")


def absent_metrics(name: str, scores: Scores, statistics: Mapping[str, Statistic], prefix: str) -> list[str]:
    """Why metrics of a ranker are absent, a sentence for each reason.

    Args:
        name: of the ranker.
        scores: what it gave.
        statistics: what was measured on pages of a log or of judgments.
        prefix: what the names of the metrics begin with.

    Returns:
        Sentences, without the full stop; none where every metric has a figure.
    """
    by_need: dict[str, list[str]] = {}
    for key, statistic in statistics.items():
        if np.isnan(statistic.value()):
            by_need.setdefault(NEEDS.get(_short(key, prefix), OF_A_TASK), []).append(key)
    notes = [f"{', '.join(keys)}: not measured, for want of {need}" for need, keys in by_need.items()]
    if any(_short(key, prefix) == "gauc" for key in statistics):
        missing = [p for p in PROBABILITIES if getattr(scores, p) is None]
        notes += [f"{prefix}.{p} metrics: not measured, as {name} gives no {p}" for p in missing]
    return notes


def pages_without_order(statistics: Mapping[str, Statistic], prefix: str) -> list[str]:
    """How many pages have no better and no worse order, so that they do not count.

    Args:
        statistics: what was measured, by name.
        prefix: what the names of the metrics begin with.

    Returns:
        A sentence, or none where every page counts.
    """
    by_name = {_short(key, prefix): statistic for key, statistic in statistics.items()}
    order = by_name.get("ndcg")
    if not isinstance(order, Ratio):
        return []
    pages = len(order.denominator)
    left_out = pages - int((order.denominator > 0).sum())
    if not 0 < left_out < pages:
        return []
    why = (
        "hold no click, or nothing else; GAUC and NDCG leave them out"
        if "gauc" in by_name
        else "hold one grade only; NDCG and pair accuracy leave them out"
    )
    return [f"{left_out:,} of {pages:,} {prefix} pages {why}"]


def no_preference(name: str, pages: Pages, score: np.ndarray, prefix: str) -> list[str]:
    """Whether a ranker gives all items of each page the same score, so that its figures are those of random order.

    Args:
        name: of the ranker.
        pages: P pages of M impressions.
        score: float [M]
        prefix: what the names of the metrics begin with.

    Returns:
        A sentence, or none where it prefers an item to another on some page.
    """
    first = np.repeat(score[pages.offset[:-1][pages.sizes > 0]], pages.sizes[pages.sizes > 0])
    if (score != first).any():
        return []
    return [f"{name}: the same score for all items of each {prefix} page, so its figures are those of random order"]


def _short(key: str, prefix: str) -> str:
    """A metric's key without its prefix and cut."""
    return key.removeprefix(f"{prefix}.").partition("@")[0]
