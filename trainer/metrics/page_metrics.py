"""All metrics of scored pages by name."""

from typing import Protocol

import numpy as np

from trainer.data.declared_tasks import counted
from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores
from trainer.metrics.auc import auc
from trainer.metrics.ece import ece
from trainer.metrics.gauc import gauc
from trainer.metrics.log_loss import log_loss
from trainer.metrics.mae import mae
from trainer.metrics.mrr import mrr
from trainer.metrics.ndcg import ndcg
from trainer.metrics.pair_accuracy import pair_accuracy
from trainer.metrics.pooled import Pooled
from trainer.metrics.pr_auc import pr_auc


class Statistic(Protocol):
    """A metric that can be weighed anew by page."""

    def value(self, weight: np.ndarray | None = None) -> float:
        """The metric with weights of the pages, float [P]; NaN where it is not defined."""


def page_metrics(pages: Pages, scores: Scores, prefix: str, k: int) -> dict[str, float]:
    """Metrics of clicks and purchases.

    Args:
        pages: pages of a log.
        scores: of their impressions.
        prefix: what the names begin with, for instance ``test``.
        k: cut of NDCG.

    Returns:
        ``<prefix>.ctr.auc``, ``.ctr.pr_auc``, ``.ctr.log_loss``, ``.ctr.ece``, ``.cvr.auc`` (on clicked impressions),
        ``.ctcvr.auc``, ``.ctcvr.ece``, of a calibrated model ``.ctr.ece_uncalibrated`` and ``.ctcvr.ece_uncalibrated``,
        ``.gauc``, ``.ndcg@k``, ``.mrr``, of declared tasks ``.<task>.auc`` or ``.<task>.mae``; what can't be computed is left
        out.
    """
    return values(log_statistics(pages, scores, prefix, k))


def judged_metrics(pages: Pages, scores: Scores, prefix: str, k: int, lowest: float | None = None) -> dict[str, float]:
    """Metrics of human judgments.

    Args:
        pages: pages of judgments.
        scores: of their impressions.
        prefix: what the names begin with, for instance ``judged``.
        k: cut of NDCG.
        lowest: the relevance that gains nothing: the lowest of the source; by default the lowest of these pages.

    Returns:
        ``<prefix>.ndcg@k`` with the gain relevance - lowest, and ``<prefix>.pair_accuracy``; what can't be computed is
        left out.
    """
    return values(judged_statistics(pages, scores, prefix, k, lowest))


def values(statistics: dict[str, Statistic]) -> dict[str, float]:
    """The metrics that are defined."""
    found = {name: statistic.value() for name, statistic in statistics.items()}
    return {name: value for name, value in found.items() if not np.isnan(value)}


def log_statistics(pages: Pages, scores: Scores, prefix: str, k: int) -> dict[str, Statistic]:
    """What `page_metrics` is computed from, by name; impressions whose click is unknown do not count."""
    known = pages.clicked >= 0
    page, offset = pages.page_of_impression[known], _offset(pages, known)
    clicked, score = pages.clicked[known], scores.score[known]
    out: dict[str, Statistic] = {}
    if scores.ctr is not None:
        ctr = scores.ctr[known]
        out |= {
            f"{prefix}.ctr.auc": Pooled.of(auc, clicked, ctr, page),
            f"{prefix}.ctr.pr_auc": Pooled.of(pr_auc, clicked, ctr, page),
            f"{prefix}.ctr.log_loss": log_loss(clicked, ctr, offset),
            f"{prefix}.ctr.ece": Pooled.of(ece, clicked, ctr, page),
        }
    if scores.ctr_uncalibrated is not None:
        out[f"{prefix}.ctr.ece_uncalibrated"] = Pooled.of(ece, clicked, scores.ctr_uncalibrated[known], page)
    bought = known & (pages.purchased >= 0)
    for name, probability, chosen in (
        ("cvr", scores.cvr, bought & (pages.clicked == 1)),
        ("ctcvr", scores.ctcvr, bought),
    ):
        if probability is not None:
            out[f"{prefix}.{name}.auc"] = Pooled.of(
                auc, pages.purchased[chosen], probability[chosen], pages.page_of_impression[chosen]
            )
    sold = bool((pages.purchased[bought] == 1).any())
    for name, probability in (("ece", scores.ctcvr), ("ece_uncalibrated", scores.ctcvr_uncalibrated)):
        if sold and probability is not None:
            out[f"{prefix}.ctcvr.{name}"] = Pooled.of(
                ece, pages.purchased[bought], probability[bought], pages.page_of_impression[bought]
            )
    for name, given in scores.declared.items():
        chosen = counted(given.task, pages)
        if name not in pages.labels:
            continue
        label, value = pages.labels[name][chosen], given.predicted[chosen]
        if given.task.is_probability:
            out[f"{prefix}.{name}.auc"] = Pooled.of(auc, label, value, pages.page_of_impression[chosen])
        else:
            out[f"{prefix}.{name}.mae"] = mae(label, value, _offset(pages, chosen))
    return out | {
        f"{prefix}.gauc": gauc(clicked, score, offset),
        f"{prefix}.ndcg@{k}": ndcg(clicked, score, offset, k),
        f"{prefix}.mrr": mrr(clicked, score, offset),
    }


def judged_statistics(
    pages: Pages, scores: Scores, prefix: str, k: int, lowest: float | None = None
) -> dict[str, Statistic]:
    """What `judged_metrics` is computed from, by name; impressions without a judgment do not count."""
    known = ~np.isnan(pages.relevance)
    offset, score, grade = _offset(pages, known), scores.score[known], pages.relevance[known]
    gain = grade - (grade.min(initial=np.inf) if lowest is None else lowest)
    return {
        f"{prefix}.ndcg@{k}": ndcg(gain, score, offset, k),
        f"{prefix}.pair_accuracy": pair_accuracy(grade, score, offset),
    }


def _offset(pages: Pages, known: np.ndarray) -> np.ndarray:
    """Offsets of the known impressions; pages without any keep their place, empty."""
    return np.concatenate([[0], np.cumsum(known)])[pages.offset]
