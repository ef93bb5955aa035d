"""Expected calibration error."""

import numpy as np

from trainer.metrics.ties import ascending

BINS = 15


def ece(label: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None, bins: int = BINS) -> float:
    """Mean distance between probability and observed rate over bins of equal mass.

    Equal probabilities share a bin, whatever order they come in, so bins may differ in mass where there are many.

    Args:
        label: [M], 0 or 1.
        probability: float [M]
        weight: float [M], 1 by default.
        bins: how many.

    Returns:
        The error in [0, 1], NaN where nothing has weight. Source: Naeini, Cooper and Hauskrecht, 2015; equal mass after
        Nixon et al., 2019.
    """
    weight = np.ones(len(label)) if weight is None else weight
    starts, probability, label, weight = ascending(probability, label, weight)
    total = weight.sum()
    if total <= 0:
        return float("nan")
    mass = np.cumsum(weight)
    before = np.where(starts > 0, mass[starts - 1], 0.0)
    edges = np.searchsorted(before, total * np.arange(bins) / bins, "left")
    first = np.unique(starts[edges[edges < len(starts)]])
    gaps = np.add.reduceat(weight * (probability - label), first)
    return float(np.abs(gaps).sum() / total)
