"""Whether a log can tell of a policy."""

import numpy as np

from trainer.metrics.ratio import Ratio
from trainer.off_policy.estimate import Estimate
from trainer.off_policy.importance_weights import ImportanceWeights, effective_size
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.modelled_clicks import rows_at_a_time
from trainer.off_policy.target_policy import TargetPolicy

ERRORS_OFF = 3.0
FEWEST_EFFECTIVE = 100
LEAST_EFFECTIVE = 0.01
LARGEST_SHARE = 0.1
FEWEST_CLICKS = 30
"""Below as many clicks of equal weight, intervals of a rare event are rough."""


def overlap_warnings(log: LoggedImpressions, target: TargetPolicy, weights: ImportanceWeights) -> list[str]:
    """What makes the estimates doubtful, a line each.

    Args:
        log: the impressions.
        target: the policy.
        weights: of the target over the log.
    """
    if not weights.raw.any():
        return ["no impression of the log would be shown by the target: the log says nothing of it"]
    found = _never_shown(log, target)
    mean = Estimate.of(Ratio(log.by_page(weights.raw), log.by_page(np.ones(len(log)))), 0, 0)
    if abs(mean.value - 1) > ERRORS_OFF * mean.standard_error:
        found.append(
            f"weights average {mean.value:.3f} (standard error {mean.standard_error:.3f}), not 1: the log lacks part of"
            " what the target shows, or the propensities are not those that it was drawn with"
        )
    size = weights.effective_sample_size
    if size < FEWEST_EFFECTIVE or size < LEAST_EFFECTIVE * len(log):
        found.append(f"the {len(log):,} impressions tell as much as {size:,.0f} of the target's own would")
    share = weights.largest / weights.values.sum()
    if share > LARGEST_SHARE:
        found.append(f"one impression has {share:.0%} of all weight")
    clicks = effective_size(weights.values * log.clicked)
    if clicks == 0:
        found.append("no click has a weight: intervals of IPS and SNIPS are empty and say nothing")
    elif clicks < FEWEST_CLICKS:
        found.append(
            f"clicks tell as much as {clicks:.1f} of equal weight would: intervals are rough below {FEWEST_CLICKS}"
        )
    return found


def _never_shown(log: LoggedImpressions, target: TargetPolicy) -> list[str]:
    mass = np.zeros(log.places)
    for rows in rows_at_a_time(np.arange(len(log)), len(log.items)):
        spread = target.spread(log, rows)
        if spread is None:
            return []
        place = log.position[spread.row] * len(log.items) + spread.item
        mass += np.bincount(place, weights=spread.probability, minlength=log.places)
    missing = (mass > 0) & (np.bincount(log.place, minlength=log.places) == 0)
    if not missing.any():
        return []
    return [
        f"{int(missing.sum()):,} of the {int((mass > 0).sum()):,} pairs of item and position that the target shows are"
        f" never in the log, {mass[missing].sum() / mass.sum():.1%} of its impressions: nothing is known of their"
        " clicks"
    ]
