"""Scores of impressions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.data.pages import Pages


@dataclass(frozen=True)
class Scores:
    """Scores, flat, aligned with the impressions of `trainer.data.pages.Pages`.

    Attributes:
        score: float32 [M], higher is better.
        ctr: float32 [M] in [0, 1], or None where a ranker gives none; likewise the others.
        cvr: purchases after a click.
        ctcvr: clicks and purchases.
        relevance: judged relevance, scaled to [0, 1].
        ctr_uncalibrated: ``ctr`` before its calibration, None without one; likewise the next.
        ctcvr_uncalibrated: ``ctcvr`` before its calibration.
    """

    score: np.ndarray
    ctr: np.ndarray | None = None
    cvr: np.ndarray | None = None
    ctcvr: np.ndarray | None = None
    relevance: np.ndarray | None = None
    ctr_uncalibrated: np.ndarray | None = None
    ctcvr_uncalibrated: np.ndarray | None = None


RankerFunction = Callable[[Pages, pd.DataFrame], Scores]
"""Scores the impressions of pages, given the items table that those point into."""
