"""All parts of the loss and their weights."""

from typing import Any

from keras import ops

from trainer.config import LossConfig
from trainer.losses.pairwise import PairwiseLoss
from trainer.losses.pointwise import EntireSpaceLoss, PointwiseLoss


class Objective:
    """The weighted loss of a batch.

    Labels below 0, and relevance that is NaN, are unknown and left out. Position bias is added to the click logit here, and
    nowhere else.

    Args:
        config: the weights.
        tasks: the tasks of the head.
        entire_space: whether purchases are learned as pCTCVR on all impressions.
    """

    def __init__(self, config: LossConfig, tasks: list[str], entire_space: bool) -> None:
        self.config = config
        self.tasks = tasks
        self.entire_space = entire_space
        self.pointwise, self.pairwise, self.ctcvr = PointwiseLoss(), PairwiseLoss(), EntireSpaceLoss()

    def __call__(self, batch: dict[str, Any], logits: dict[str, Any], bias) -> dict[str, Any]:
        """The parts of the loss, weighted, by name; their sum is the loss.

        Args:
            batch: ``mask`` bool, ``clicked``, ``purchased``, ``relevance`` float32, all [P, N].
            logits: by task, float32 [P, N].
            bias: the position bias, float32 [P, N], or None.
        """
        mask, clicked, purchased = batch["mask"], batch["clicked"], batch["purchased"]
        ctr = logits["ctr"] if bias is None else logits["ctr"] + bias
        seen = mask & (clicked >= 0.0)
        bought = mask & (purchased >= 0.0)
        parts = {}
        c = self.config
        if c.ctr:
            parts["ctr_pointwise"] = c.ctr * c.pointwise * self.pointwise(clicked, ctr, seen)
            parts["ctr_pairwise"] = c.ctr * c.pairwise * self.pairwise(clicked, ctr, seen)
        if c.cvr and self.entire_space:
            parts["ctcvr_pointwise"] = c.cvr * c.pointwise * self.ctcvr(purchased, ctr, logits["cvr"], bought)
        elif c.cvr:
            on_clicks = bought & (clicked > 0.5)
            parts["cvr_pointwise"] = c.cvr * c.pointwise * self.pointwise(purchased, logits["cvr"], on_clicks)
        if c.cvr:
            ctcvr = ops.log_sigmoid(ctr) + ops.log_sigmoid(logits["cvr"])
            parts["ctcvr_pairwise"] = c.cvr * c.pairwise * self.pairwise(purchased, ctcvr, bought)
        if c.relevance and "relevance" in logits:
            grade, logit = batch["relevance"], logits["relevance"]
            judged = mask & (grade == grade)
            parts["relevance_pointwise"] = c.relevance * c.pointwise * self.pointwise(grade, logit, judged)
            parts["relevance_pairwise"] = c.relevance * c.pairwise * self.pairwise(grade, logit, judged)
        return {name: value for name, value in parts.items() if not _is_zero(name, c)}


def _is_zero(name: str, config: LossConfig) -> bool:
    return (config.pointwise if name.endswith("pointwise") else config.pairwise) == 0
