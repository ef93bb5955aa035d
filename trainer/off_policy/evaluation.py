"""All estimators of one policy on one log."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.off_policy.doubly_robust import DoublyRobust
from trainer.off_policy.estimate import Estimate
from trainer.off_policy.estimator import Estimator
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.ips import InversePropensity
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.modelled_clicks import ModelledClicks
from trainer.off_policy.overlap import overlap_warnings
from trainer.off_policy.snips import SelfNormalised
from trainer.off_policy.switch_doubly_robust import SwitchDoublyRobust
from trainer.off_policy.target_policy import TargetPolicy


@dataclass(frozen=True)
class OffPolicy:
    """What a log says of a policy.

    Attributes:
        log: the impressions.
        weights: of the target over the log.
        logged: the click rate of the log itself.
        estimates: of the target's click rate, by estimator: ``ips``, ``snips``, ``dr``, ``switch_dr``.
        warnings: what makes them doubtful.
        notes: what was left out or is biased on purpose, and why.
    """

    log: LoggedImpressions
    weights: ImportanceWeights
    logged: Estimate
    estimates: Mapping[str, Estimate]
    warnings: list[str]
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        weights = self.weights
        return {
            "impressions": len(self.log),
            "pages": len(self.log.requests),
            "items": len(self.log.items),
            "clicks": int(self.log.clicked.sum()),
            "logged": plain(self.logged),
            "estimates": {name: plain(estimate) for name, estimate in self.estimates.items()},
            "weights": {
                "mean": weights.mean,
                "largest": weights.largest,
                "effective_sample_size": weights.effective_sample_size,
                "clipped": weights.clipped,
                "cut": weights.cut,
            },
            "warnings": self.warnings,
            "notes": self.notes,
        }


def evaluate_policy(
    log: LoggedImpressions,
    target: TargetPolicy,
    clip: float | None = None,
    switch: float | None = None,
    folds: int = 5,
    resamples: int = 2000,
    seed: int = 1,
) -> OffPolicy:
    """Estimate the click rate that a policy would have had in the places of a log.

    Args:
        log: the impressions.
        target: the policy.
        clip: the largest weight; None for no limit.
        switch: the largest weight that corrects the model of ``switch_dr``; None leaves that estimator out.
        folds: of the model of ``dr``, from 2.
        resamples: of the bootstrap over pages; 0 for none.
        seed: of folds and resamples.
    """
    weights = ImportanceWeights.of(target.shown(log), log.propensity, clip)
    modelled = ModelledClicks.cross_fitted(log, target, folds, seed)
    estimators: dict[str, Estimator] = {"ips": InversePropensity(), "snips": SelfNormalised()}
    notes = []
    if modelled is None:
        notes.append(f"no doubly robust estimate: {target.unknown()}")
    else:
        estimators["dr"] = DoublyRobust(modelled)
        if switch is not None:
            estimators["switch_dr"] = SwitchDoublyRobust(modelled, switch)
    if weights.clipped:
        notes.append(
            f"{weights.clipped:,} weights are clipped, {weights.cut:.1%} of the target's impressions: ips is too low by"
            " their clicks, snips and dr are off by as much as those clicks differ from the others'"
        )
    return OffPolicy(
        log,
        weights,
        click_rate(log, resamples, seed),
        {name: estimator.estimate(log, weights, resamples, seed) for name, estimator in estimators.items()},
        overlap_warnings(log, target, weights),
        notes,
    )


def click_rate(log: LoggedImpressions, resamples: int, seed: int) -> Estimate:
    """The click rate of a log itself; its propensities are not needed.

    Args:
        log: the impressions.
        resamples: of the bootstrap over pages; 0 for none.
        seed: of the resamples.
    """
    return Estimate.of(Ratio(log.by_page(log.clicked), log.by_page(np.ones(len(log)))), resamples, seed)


def plain(estimate: Estimate) -> dict[str, Any]:
    """An estimate for JSON, which has no NaN."""
    found = asdict(estimate)
    return {name: None if isinstance(one, float) and not math.isfinite(one) else one for name, one in found.items()}
