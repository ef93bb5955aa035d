"""From logits to what a page is answered with; the trainer and the bundle share it."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from trainer.calibration.calibration import Calibration
from trainer.config import Experiment
from trainer.model.ranker import probabilities
from trainer.score.columns import fills
from trainer.score.evaluate import evaluate_formula
from trainer.score.formula import Formula


class PageOutputs:
    """Probabilities, calibrated where that was fitted, and the score that ranks.

    Args:
        formula: of the score.
        fill: what stands for a missing value of each column in it.
        calibration: what was fitted after training, or None.
    """

    def __init__(self, formula: Formula, fill: dict[str, float], calibration: Calibration | None = None) -> None:
        self.formula, self.fill, self.calibration = formula, fill, calibration

    @classmethod
    def of(
        cls, experiment: Experiment, statistics: Mapping[str, Any], calibration: Calibration | None = None
    ) -> "PageOutputs":
        """The outputs of an experiment.

        Args:
            experiment: whose ``model.score`` ranks.
            statistics: of the items' features, by name.
            calibration: what was fitted after training, or None.
        """
        formula = Formula.read(experiment.model.score)
        return cls(formula, fills(formula.columns, statistics), calibration)

    @property
    def resources(self) -> list[Any]:
        """Look-up tables, which a saved module must hold."""
        return [] if self.calibration is None else self.calibration.resources

    def __call__(self, logits: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """The outputs of pages.

        Args:
            logits: by task, float32 [P, N].
            page: ``columns``: by name float32 [P, N], NaN where missing; and what the segments of the calibration are
                read from: ``query_text`` string [P], ``item_features``, ``user_features``, ``context_features``.

        Returns:
            ``score``, ``ctr``, ``cvr``, ``ctcvr``, ``relevance`` where it is a task, and with a calibration
            ``ctr_uncalibrated`` and ``ctcvr_uncalibrated``; float32 [P, N] each.
        """
        values = probabilities(dict(logits))
        if self.calibration is not None:
            values = self.calibration(values, page)
        columns = {name: _filled(page["columns"][name], fill) for name, fill in self.fill.items()}
        named = {name: values[name] for name in self.formula.names if name in values}
        return values | {"score": evaluate_formula(self.formula, named | columns)}


def _filled(values: tf.Tensor, fill: float) -> tf.Tensor:
    return tf.where(tf.math.is_finite(values), values, tf.constant(fill, tf.float32))
