"""Likelihood of the order within a page, learned from clicks weighted by propensity."""

from keras import ops

from trainer.losses.softmax import log_sum_exp


class PropensityListMleLoss:
    """`trainer.losses.list_mle.ListMleLoss` of clicks, in which the place of each click counts by its weight.

    The sum over clicked i of w(i) times the negative log-probability that i comes first of itself, the clicked ones after it and
    all that were not clicked; half for either direction of the clicked ones.
    """

    def __call__(self, labels, logits, mask, weights):
        """The loss, the mean over clicked candidates.

        Args:
            labels: float32 [P, N], 0 or 1.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.
            weights: float32 [P, N]

        Returns:
            A scalar; a page without a click adds exactly 0.
        """
        clicked = mask & (labels > 0.5)
        place = ops.arange(ops.shape(labels)[1])
        unclicked = (mask & (labels <= 0.5))[:, None, :]
        losses = 0.0
        for after in (place[:, None] <= place[None, :], place[:, None] >= place[None, :]):
            rivals = unclicked | (clicked[:, None, :] & after[None])
            losses = losses + 0.5 * (log_sum_exp(logits[:, None, :], rivals) - logits)
        total = ops.sum(ops.where(clicked, weights * losses, 0.0))
        return total / ops.maximum(ops.sum(ops.cast(clicked, "float32")), 1.0)
