"""All parts of the loss and their weights."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from keras import ops

from trainer.config import LossConfig
from trainer.data.declared_tasks import DeclaredTask
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.conversions import ClickedConversions, ConversionLoss, Conversions
from trainer.losses.declared import DeclaredLoss
from trainer.losses.escm2 import IMPUTATION
from trainer.losses.order import OrderLosses
from trainer.losses.pointwise import PointwiseLoss
from trainer.losses.uncertainty import UncertaintyWeights

Parts = dict[str, Any]


class Objective:
    """The weighted loss of a batch.

    Labels below 0, and relevance that is NaN, are unknown and left out. Position bias is added to the click logit here, and
    nowhere else.

    Propensity weights w make unbiased labels of clicks and of purchases: w * label is, in expectation over who examined
    the position, the probability at an average position. The cross-entropies, which are linear in the label, take it as it
    is, also above 1 (Bekker et al. 2019; Saito et al. 2020); weighting the clicks alone and leaving every impression
    without one a full negative would hold the probabilities of lower positions down. In the order of a page each click counts
    by its w (Joachims et al. 2017). Conversions on clicks need no weight: once clicked, an item was examined.

    Where only a share r of the impressions without a click is trained on, the logit of a click in the cross-entropies is
    the model's less log r: the odds of the sample are 1 / r times those of the log (He et al. 2014). pCTCVR is formed from
    that logit too, as a purchase is clicked and always kept. The order of a page needs no correction.

    Args:
        config: the weights.
        tasks: the tasks of the head.
        conversion: how purchases are learned pointwise; on clicks where not given.
        propensity: weights of clicks by their position, or None.
        negative_rate: share of the impressions without a click that the batches hold.
        declared: losses of the tasks that the experiment declares.
        weighting: of the tasks, or None for their fixed weights.
    """

    def __init__(
        self,
        config: LossConfig,
        tasks: list[str],
        conversion: ConversionLoss | None = None,
        propensity: PropensityWeights | None = None,
        negative_rate: float = 1.0,
        declared: Sequence[DeclaredLoss] = (),
        weighting: UncertaintyWeights | None = None,
    ) -> None:
        self.config = config
        self.tasks = tasks
        self.pointwise, self.conversion = PointwiseLoss(), conversion or ClickedConversions()
        self.order = OrderLosses(config)
        self.propensity = propensity
        self.sampling_shift = -math.log(negative_rate)
        self.declared, self.weighting = list(declared), weighting
        self.task_weights = task_weights(config, tasks, [loss.task for loss in declared])

    @property
    def probability_tasks(self) -> list[str]:
        """The tasks in the loss whose output is a logit."""
        values = {loss.task.name for loss in self.declared if not loss.task.config.is_probability}
        return [task for task in self.task_weights if task not in values]

    @property
    def shown(self) -> Parts:
        """Scalars to show beside the parts: the learned log variance of each task."""
        values = {} if self.weighting is None else self.weighting.log_variances
        return {f"log_variance_{task}": value for task, value in values.items()}

    def __call__(self, batch: dict[str, Any], logits: dict[str, Any], bias) -> Parts:
        """The parts of the loss, weighted, by name; their sum is the loss.

        Args:
            batch: ``mask`` bool, ``clicked``, ``purchased``, ``relevance`` float32, all [P, N]; ``position`` int where
                there are propensity weights, ``task.<name>`` float32 of each declared task.
            logits: by task, float32 [P, N]; ``imputation`` besides, where the head has one.
            bias: the position bias, float32 [P, N], or None.
        """
        found = self.by_task(batch, logits, bias)
        if self.weighting is not None:
            return self.weighting(found)
        return {name: self.task_weights[task] * value for task, parts in found.items() for name, value in parts.items()}

    def by_task(self, batch: dict[str, Any], logits: dict[str, Any], bias) -> dict[str, Parts]:
        """The parts of the loss by task, without the weights of the tasks; the arguments are those of a call."""
        mask, clicked, purchased = batch["mask"], batch["clicked"], batch["purchased"]
        ctr = logits["ctr"] if bias is None else logits["ctr"] + bias
        sampled = ctr + self.sampling_shift
        weight = None if self.propensity is None else self.propensity(batch["position"])
        seen = mask & (clicked >= 0.0)
        bought = mask & (purchased >= 0.0)
        found: dict[str, Parts] = {}
        if "ctr" in self.task_weights:
            label = clicked if weight is None else clicked * weight
            found["ctr"] = {
                **self._pointwise("ctr", lambda: self.pointwise(label, sampled, seen)),
                **self.order("ctr", clicked, ctr, seen, weight),
            }
        if "cvr" in self.task_weights:
            conversions = Conversions(
                clicked, purchased, bought, sampled, logits["cvr"], weight, logits.get(IMPUTATION)
            )
            learned = self.conversion(conversions) if self.config.pointwise else {}
            ctcvr = ops.log_sigmoid(ctr) + ops.log_sigmoid(logits["cvr"])
            found["cvr"] = {
                **{f"{name}_pointwise": self.config.pointwise * value for name, value in learned.items()},
                **self.order("ctcvr", purchased, ctcvr, bought, weight),
            }
        if "relevance" in self.task_weights:
            grade, logit = batch["relevance"], logits["relevance"]
            judged = mask & (grade == grade)
            found["relevance"] = {
                **self._pointwise("relevance", lambda: self.pointwise(grade, logit, judged)),
                **self.order("relevance", grade, logit, judged, None),
            }
        for loss in self.declared:
            name = loss.task.name
            found[name] = {f"{name}_pointwise": loss(batch, logits[name])}
        return found

    def _pointwise(self, task: str, loss) -> Parts:
        return {f"{task}_pointwise": self.config.pointwise * loss()} if self.config.pointwise else {}


def task_weights(config: LossConfig, tasks: list[str], declared: Iterable[DeclaredTask] = ()) -> dict[str, float]:
    """The fixed weight of each task in the loss, above 0.

    Args:
        config: weights of clicks, purchases and relevance.
        tasks: the tasks of the head.
        declared: tasks that the experiment declares, which bring their weights.
    """
    weights = {"ctr": config.ctr, "cvr": config.cvr, "relevance": config.relevance}
    weights |= {task.name: task.config.weight for task in declared}
    return {task: weight for task, weight in weights.items() if weight and task in tasks}
