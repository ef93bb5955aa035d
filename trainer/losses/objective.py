"""All parts of the loss and their weights."""

import math
from typing import Any

from keras import ops

from trainer.config import LossConfig
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.pairwise import PairwiseLoss
from trainer.losses.pointwise import EntireSpaceLoss, PointwiseLoss
from trainer.losses.propensity_pairwise import PropensityPairwiseLoss


class Objective:
    """The weighted loss of a batch.

    Labels below 0, and relevance that is NaN, are unknown and left out. Position bias is added to the click logit here, and
    nowhere else.

    Propensity weights w make unbiased labels of clicks and of purchases: w * label is, in expectation over who examined
    the position, the probability at an average position. The cross-entropies, which are linear in the label, take it as it
    is, also above 1 (Bekker et al. 2019; Saito et al. 2020); weighting the clicks alone and leaving every impression
    without one a full negative would hold the probabilities of lower positions down. Pairs are weighted by the w of the
    preferred item (Joachims et al. 2017). Conversions on clicks need no weight: once clicked, an item was examined.

    Where only a share r of the impressions without a click is trained on, the logit of a click in the cross-entropies is
    the model's less log r: the odds of the sample are 1 / r times those of the log (He et al. 2014). pCTCVR is formed from
    that logit too, as a purchase is clicked and always kept. Pairs need no correction.

    Args:
        config: the weights.
        tasks: the tasks of the head.
        entire_space: whether purchases are learned as pCTCVR on all impressions.
        propensity: weights of clicks by their position, or None.
        negative_rate: share of the impressions without a click that the batches hold.
    """

    def __init__(
        self,
        config: LossConfig,
        tasks: list[str],
        entire_space: bool,
        propensity: PropensityWeights | None = None,
        negative_rate: float = 1.0,
    ) -> None:
        self.config = config
        self.tasks = tasks
        self.entire_space = entire_space
        self.pointwise, self.pairwise, self.ctcvr = PointwiseLoss(), PairwiseLoss(), EntireSpaceLoss()
        self.propensity, self.propensity_pairwise = propensity, PropensityPairwiseLoss()
        self.sampling_shift = -math.log(negative_rate)

    def __call__(self, batch: dict[str, Any], logits: dict[str, Any], bias) -> dict[str, Any]:
        """The parts of the loss, weighted, by name; their sum is the loss.

        Args:
            batch: ``mask`` bool, ``clicked``, ``purchased``, ``relevance`` float32, all [P, N]; ``position`` int where
                there are propensity weights.
            logits: by task, float32 [P, N].
            bias: the position bias, float32 [P, N], or None.
        """
        mask, clicked, purchased = batch["mask"], batch["clicked"], batch["purchased"]
        ctr = logits["ctr"] if bias is None else logits["ctr"] + bias
        seen = mask & (clicked >= 0.0)
        bought = mask & (purchased >= 0.0)
        parts = {}
        c = self.config
        weight = None if self.propensity is None else self.propensity(batch["position"])
        sampled = ctr + self.sampling_shift
        if c.ctr:
            parts["ctr_pointwise"] = c.ctr * c.pointwise * self.pointwise(_weighed(clicked, weight), sampled, seen)
            parts["ctr_pairwise"] = c.ctr * c.pairwise * self._order(clicked, ctr, seen, weight)
        if c.cvr and self.entire_space:
            label = _weighed(purchased, weight)
            parts["ctcvr_pointwise"] = c.cvr * c.pointwise * self.ctcvr(label, sampled, logits["cvr"], bought)
        elif c.cvr:
            on_clicks = bought & (clicked > 0.5)
            parts["cvr_pointwise"] = c.cvr * c.pointwise * self.pointwise(purchased, logits["cvr"], on_clicks)
        if c.cvr:
            ctcvr = ops.log_sigmoid(ctr) + ops.log_sigmoid(logits["cvr"])
            parts["ctcvr_pairwise"] = c.cvr * c.pairwise * self._order(purchased, ctcvr, bought, weight)
        if c.relevance and "relevance" in logits:
            grade, logit = batch["relevance"], logits["relevance"]
            judged = mask & (grade == grade)
            parts["relevance_pointwise"] = c.relevance * c.pointwise * self.pointwise(grade, logit, judged)
            parts["relevance_pairwise"] = c.relevance * c.pairwise * self.pairwise(grade, logit, judged)
        return {name: value for name, value in parts.items() if not _is_zero(name, c)}

    def _order(self, labels, logits, mask, weight):
        """The loss of pairs, weighted where there are propensity weights."""
        if weight is None:
            return self.pairwise(labels, logits, mask)
        return self.propensity_pairwise(labels, logits, mask, weight)


def _weighed(labels, weight):
    return labels if weight is None else labels * weight


def _is_zero(name: str, config: LossConfig) -> bool:
    return (config.pointwise if name.endswith("pointwise") else config.pairwise) == 0
