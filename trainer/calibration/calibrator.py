"""What all calibrators share."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

SMALLEST = 1e-9
LARGEST = 1 - 1e-6


class Calibrator(ABC):
    """An increasing map from the logit of a probability to a better probability.

    Attributes:
        kind: what it is called in ``calibration.json``.
    """

    kind: ClassVar[str]

    @abstractmethod
    def __call__(self, logit: tf.Tensor, codes: tf.Tensor | None = None) -> tf.Tensor:
        """Calibrate.

        Args:
            logit: float32 [P, N].
            codes: the segment of each candidate, int32 [P, N] or [P, 1], where there are segments.

        Returns:
            Probabilities, float32 [P, N].
        """

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """The fitted numbers, for JSON."""


def logit_of(probability: tf.Tensor) -> tf.Tensor:
    """The logit of probabilities, float32 of the same shape, finite."""
    p = tf.clip_by_value(probability, SMALLEST, LARGEST)
    return tf.math.log(p) - tf.math.log1p(-p)


def logits(probability: np.ndarray) -> np.ndarray:
    """`logit_of` for arrays, float64 [M]."""
    return np.asarray(logit_of(tf.constant(probability, tf.float32)), np.float64)
