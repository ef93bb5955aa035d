"""Errors of a prediction, candidate by candidate."""

from typing import Protocol

import keras
from keras import ops


class Error(Protocol):
    """The error of a predicted probability."""

    def __call__(self, labels, log_p, log_q):
        """The error.

        Args:
            labels: float32 [...], in [0, 1], or unbiased estimates of such, which may be above 1.
            log_p: logarithm of the probability, float32 [...].
            log_q: logarithm of 1 - the probability, float32 [...].

        Returns:
            float32 [...]
        """


class CrossEntropy:
    """``-y log p - (1 - y) log(1 - p)``."""

    def __call__(self, labels, log_p, log_q):
        """The error of probabilities."""
        return -(labels * log_p + (1.0 - labels) * log_q)


class SquaredError:
    """``(y - p) ** 2``, for probabilities the score of Brier (1950)."""

    def __call__(self, labels, log_p, log_q):
        """The error of probabilities."""
        return self.of_values(labels, ops.exp(log_p))

    def of_values(self, labels, values):
        """The error of values, float32 [...]."""
        return ops.square(labels - values)


class HuberError:
    """Half the squared error up to ``delta``, linear beyond it (Huber 1964).

    Args:
        delta: where it becomes linear.
    """

    def __init__(self, delta: float) -> None:
        self.delta = delta

    def __call__(self, labels, log_p, log_q):
        """The error of probabilities."""
        return self.of_values(labels, ops.exp(log_p))

    def of_values(self, labels, values):
        """The error of values, float32 [...]."""
        return keras.losses.huber(labels[..., None], values[..., None], self.delta)


CROSS_ENTROPY = CrossEntropy()


def make_error(name: str, delta: float) -> CrossEntropy | SquaredError | HuberError:
    """The error of a name in the configuration.

    Args:
        name: ``bce``, ``mse`` or ``huber``.
        delta: of Huber's error.
    """
    if name == "huber":
        return HuberError(delta)
    return CROSS_ENTROPY if name == "bce" else SquaredError()
