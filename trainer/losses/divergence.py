"""How far apart two predictions are."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from trainer.losses.pointwise import masked_mean

ABSENT = -1e9


class Divergence:
    """Kullback-Leibler divergence of Bernoulli predictions: the mean over candidates, the weighted sum over tasks.

    From logits ``a`` of p and ``b`` of q it is ``softplus(b) - softplus(a) + p * (a - b)``, which stays exact where p is near
    0 or 1.

    Args:
        weights: how much each task counts; tasks that are not named don't.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)

    def __call__(self, first: dict[str, Any], second: dict[str, Any], mask):
        """KL(p || q).

        Args:
            first: logits of p by task, float32 [P, N].
            second: logits of q by task, float32 [P, N].
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar, float32.
        """
        return sum(weight * self._mean(first[task], second[task], mask) for task, weight in self.weights.items())

    def _mean(self, first, second, mask):
        return masked_mean(bernoulli(first, second), mask)

    def symmetric(self, first: dict[str, Any], second: dict[str, Any], mask):
        """The mean of KL(p || q) and KL(q || p), as R-Drop has it (Liang et al. 2021)."""
        return 0.5 * (self(first, second, mask) + self(second, first, mask))


class ListDivergence(Divergence):
    """Kullback-Leibler divergence of the orders of a page: of the softmax over its candidates, the mean over pages.

    A number added to all logits of a page changes nothing, so what learns by it can't drift away from the rates seen. A page
    of no candidate counts as 0.
    """

    def _mean(self, first, second, mask):
        return ops.mean(softmax_divergence(first, second, mask))


def softmax_divergence(first, second, mask):
    """KL of each page from the logits of both predictions, float32 [P]."""
    p, q = (ops.log_softmax(ops.where(mask, logits, ABSENT), axis=-1) for logits in (first, second))
    return ops.sum(ops.where(mask, ops.exp(p) * (p - q), 0.0), axis=-1)


def bernoulli(first, second):
    """KL of each candidate from the logits of both predictions, float32 [P, N]."""
    return ops.softplus(second) - ops.softplus(first) + ops.sigmoid(first) * (first - second)
