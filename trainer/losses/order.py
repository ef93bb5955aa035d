"""The losses of the order within a page that an experiment weighs."""

from collections.abc import Callable
from typing import Any

from trainer.config import LossConfig
from trainer.losses.list_mle import ListMleLoss
from trainer.losses.pairwise import PairwiseLoss
from trainer.losses.propensity_list_mle import PropensityListMleLoss
from trainer.losses.propensity_pairwise import PropensityPairwiseLoss
from trainer.losses.propensity_softmax import PropensitySoftmaxLoss
from trainer.losses.softmax import SoftmaxLoss

PLAIN: dict[str, type[Any]] = {"pairwise": PairwiseLoss, "list_mle": ListMleLoss, "softmax": SoftmaxLoss}
WEIGHTED: dict[str, type[Any]] = {
    "pairwise": PropensityPairwiseLoss,
    "list_mle": PropensityListMleLoss,
    "softmax": PropensitySoftmaxLoss,
}


class OrderLosses:
    """Every loss of the order within a page that has a weight.

    Args:
        config: the weights ``pairwise``, ``list_mle`` and ``softmax``.
    """

    def __init__(self, config: LossConfig) -> None:
        self.weights = {name: weight for name in PLAIN if (weight := getattr(config, name))}
        self.plain: dict[str, Callable] = {name: PLAIN[name]() for name in self.weights}
        self.weighted: dict[str, Callable] = {name: WEIGHTED[name]() for name in self.weights}

    def __call__(self, task: str, labels, logits, mask, propensity) -> dict[str, Any]:
        """The losses, times their weights.

        Args:
            task: what their names begin with.
            labels: float32 [P, N], higher is better.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.
            propensity: weights of clicks, float32 [P, N], or None.

        Returns:
            Scalars by ``<task>_<loss>``.
        """
        found = {}
        for name, weight in self.weights.items():
            if propensity is None:
                value = self.plain[name](labels, logits, mask)
            else:
                value = self.weighted[name](labels, logits, mask, propensity)
            found[f"{task}_{name}"] = weight * value
        return found
