"""Scores of impressions."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from trainer.config import TaskConfig
from trainer.data.pages import Pages


@dataclass(frozen=True)
class TaskPrediction:
    """What a declared task is predicted to be.

    Attributes:
        task: as declared.
        predicted: float32 [M], probabilities, or values in the units of the task's column.
    """

    task: TaskConfig
    predicted: np.ndarray


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
        declared: of declared tasks, by name.
    """

    score: np.ndarray
    ctr: np.ndarray | None = None
    cvr: np.ndarray | None = None
    ctcvr: np.ndarray | None = None
    relevance: np.ndarray | None = None
    ctr_uncalibrated: np.ndarray | None = None
    ctcvr_uncalibrated: np.ndarray | None = None
    declared: dict[str, TaskPrediction] = field(default_factory=dict)

    def take(self, chosen: np.ndarray) -> "Scores":
        """The scores of some impressions.

        Args:
            chosen: bool [M].
        """
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "declared"}
        return Scores(
            **{name: values[chosen] for name, values in arrays.items() if values is not None},
            declared={name: TaskPrediction(p.task, p.predicted[chosen]) for name, p in self.declared.items()},
        )


RankerFunction = Callable[[Pages, pd.DataFrame], Scores]
"""Scores the impressions of pages, given the items table that those point into."""
