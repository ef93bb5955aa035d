"""Isotonic calibration."""

from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.isotonic import IsotonicRegression

from trainer.calibration.calibrator import Calibrator

MOST_BINS = 100
BIN_ROWS = 50
LEAST_GAP = 0.05
ORDER_SHARE = 1e-3
LOWEST, HIGHEST = -21.0, 14.0
"""Between these are all logits of `trainer.calibration.calibrator.logit_of`."""


class IsotonicCalibrator(Calibrator):
    """An increasing piecewise linear curve over the logit (Zadrozny and Elkan 2002), as a table of knots.

    The curve is flat in places and beyond its ends, which would tie candidates. So 0.001 of its top is given out in proportion
    to the logit, and 0.999 of the curve is kept: logits that differ by 0.005 are never tied in float32, and no probability
    moves by more than 0.001 of the largest one, which matters where purchases are rare.

    Args:
        logit: of the knots, increasing by at least 0.05, float [K].
        probability: at the knots, never decreasing, float [K].
    """

    kind = "isotonic"

    def __init__(self, logit: np.ndarray, probability: np.ndarray) -> None:
        self.logit, self.probability = np.asarray(logit, np.float32), np.asarray(probability, np.float32)

    @classmethod
    def fit(cls, logit: np.ndarray, label: np.ndarray) -> "IsotonicCalibrator":
        """Fit the means of up to 100 bins of equal mass, of 50 impressions or more and at least 0.05 apart.

        Without bins the curve would jump between neighbours whose logits are almost equal: that is noise, and rounding
        would show in it.

        Args:
            logit: float [M].
            label: [M], 0 or 1.
        """
        mean, rate, mass = binned(logit, label)
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(mean, rate, sample_weight=mass)
        return cls(fitted.X_thresholds_, fitted.y_thresholds_)

    def __call__(self, logit: tf.Tensor, codes: tf.Tensor | None = None) -> tf.Tensor:
        """See `Calibrator`; every segment has the same curve."""
        place = (logit - LOWEST) / (HIGHEST - LOWEST)
        return (1 - ORDER_SHARE) * self.curve(logit) + ORDER_SHARE * float(self.probability[-1]) * place

    def curve(self, logit: tf.Tensor) -> tf.Tensor:
        """The curve itself; flat beyond its ends.

        Args:
            logit: float32 [P, N].

        Returns:
            float32 [P, N]
        """
        if len(self.logit) == 1:
            return tf.fill(tf.shape(logit), self.probability[0])
        x, y = tf.constant(self.logit), tf.constant(self.probability)
        flat = tf.reshape(logit, [-1])
        right = tf.clip_by_value(tf.searchsorted(x, flat, side="right"), 1, len(self.logit) - 1)
        x0, x1, y0, y1 = (tf.gather(v, i) for v in (x, y) for i in (right - 1, right))
        share = tf.clip_by_value((flat - x0) / (x1 - x0), 0.0, 1.0)
        return tf.reshape(y0 + share * (y1 - y0), tf.shape(logit))

    def as_dict(self) -> dict[str, Any]:
        """The knots."""
        return {"kind": self.kind, "logit": self.logit.tolist(), "probability": self.probability.tolist()}


def binned(logit: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean logit, share of ones and number of impressions of bins, float64 [K] each.

    Args:
        logit: float [M].
        label: [M], 0 or 1.
    """
    bins = int(np.clip(len(logit) // BIN_ROWS, 1, MOST_BINS))
    order = np.argsort(logit, kind="stable")
    x, y = logit[order], label[order].astype(np.float64)
    starts = np.unique(np.searchsorted(x, x[len(x) * np.arange(bins) // bins], "left"))
    ends = np.append(starts[1:], len(x))
    sums = np.stack([np.add.reduceat(x, starts), np.add.reduceat(y, starts), (ends - starts).astype(np.float64)])
    joined = [sums[:, 0]]
    for part in sums.T[1:]:
        if part[0] / part[2] - joined[-1][0] / joined[-1][2] < LEAST_GAP:
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    logits, ones, mass = np.stack(joined, axis=1)
    return logits / mass, ones / mass, mass
