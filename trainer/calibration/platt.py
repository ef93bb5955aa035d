"""Logistic calibration."""

from typing import Any

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from trainer.calibration.calibrator import Calibrator

LEAST_SLOPE = 0.01


class PlattCalibrator(Calibrator):
    """sigmoid(slope * logit + intercept) (Platt 1999). The slope is above 0, so the order stays.

    Args:
        slope: at least 0.01.
        intercept: a logit.
    """

    kind = "platt"

    def __init__(self, slope: float, intercept: float) -> None:
        self.slope, self.intercept = float(slope), float(intercept)

    @classmethod
    def fit(cls, logit: np.ndarray, label: np.ndarray) -> "PlattCalibrator":
        """The curve of the highest likelihood, with the labels drawn in a little as Platt did: 1 is (n + 1) / (n + 2) for n
        ones, 0 is 1 / (m + 2) for m zeros, so that labels which are parted without overlap have a finite curve too.

        Args:
            logit: float [M].
            label: [M], 0 or 1, both of them there.
        """
        ones = float(label.sum())
        target = np.where(label > 0, (ones + 1) / (ones + 2), 1 / (len(label) - ones + 2))
        # Standardised, the two parameters are of one size and hardly correlated.
        centre, scale = float(logit.mean()), max(float(logit.std()), 1e-6)
        x = (logit - centre) / scale

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            z = parameters[0] * x + parameters[1]
            error = expit(z) - target
            value = -(target * log_expit(z) + (1 - target) * log_expit(-z)).mean()
            return float(value), np.array([(error * x).mean(), error.mean()])

        rate = target.mean()
        found = minimize(
            loss,
            np.array([max(scale, LEAST_SLOPE * scale), np.log(rate / (1 - rate))]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(LEAST_SLOPE * scale, None), (None, None)],
            options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
        )
        slope = found.x[0] / scale
        return cls(slope, found.x[1] - slope * centre)

    def __call__(self, logit: tf.Tensor, codes: tf.Tensor | None = None) -> tf.Tensor:
        """See `Calibrator`; every segment has the same curve."""
        return tf.sigmoid(self.slope * logit + self.intercept)

    def as_dict(self) -> dict[str, Any]:
        """The two numbers."""
        return {"kind": self.kind, "slope": self.slope, "intercept": self.intercept}
