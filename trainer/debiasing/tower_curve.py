"""The examination that a position tower has learned."""

import numpy as np

from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.model.position_bias import PositionBias

CELLS_AT_ONCE = 2_000_000


def tower_examination(ctr: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Examination by position as the tower's logits imply it.

    Examination multiplies the probability of a click, a tower adds to its logit. The same for all items they are only where
    clicks are rare, so that the curve is taken over the impressions: the mean click probability that they would have at
    position k over the mean at position 1, mean(sigmoid(logit + bias(k))) / mean(sigmoid(logit + bias(1))). Where clicks are
    made by examination times attraction, this ratio is examination(k) / examination(1) whatever the attractions.

    Args:
        ctr: click probabilities without bias, float [M] in (0, 1).
        bias: logits of positions 1..K, float [K].

    Returns:
        float64 [K], the first is 1.
    """
    p = np.clip(ctr.astype(np.float64), 1e-9, 1 - 1e-9)
    logit = np.log(p) - np.log1p(-p)
    at_once = max(1, CELLS_AT_ONCE // max(len(bias), 1))
    totals = np.zeros(len(bias))
    for start in range(0, len(logit), at_once):
        totals += (1.0 / (1.0 + np.exp(-(logit[start : start + at_once, None] + bias.astype(np.float64))))).sum(axis=0)
    return totals / totals[0]


def tower_curve(tower: PositionBias, ctr: np.ndarray, positions: np.ndarray) -> ExaminationCurve:
    """The curve of a tower.

    Args:
        tower: the position tower.
        ctr: click probabilities of training impressions without bias, float [M].
        positions: of all training impressions, int, 0 where unknown.
    """
    bias = np.asarray(tower.curve())[1:]
    examination = tower_examination(ctr, bias) if len(bias) and len(ctr) else np.ones(1)
    return ExaminationCurve.of("tower", examination, positions)
