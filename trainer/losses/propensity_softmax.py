"""Cross-entropy of a page, learned from clicks weighted by propensity."""

from keras import ops

from trainer.losses.softmax import page_cross_entropy


class PropensitySoftmaxLoss:
    """The sum over clicks of w times the negative log-probability in the softmax over the page (Ai et al. 2018).

    Clicks are not made to add up to 1 within a page, as `trainer.losses.softmax.SoftmaxLoss` does: what depends on the other
    clicks of the page would not be linear in each, and the weights would not make it unbiased.
    """

    def __call__(self, labels, logits, mask, weights):
        """The loss, the mean over clicks.

        Args:
            labels: float32 [P, N], 0 or 1.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.
            weights: float32 [P, N]

        Returns:
            A scalar; a page without a click adds exactly 0.
        """
        clicked = mask & (labels > 0.5)
        losses = ops.where(clicked, weights * page_cross_entropy(logits, mask), 0.0)
        return ops.sum(losses) / ops.maximum(ops.sum(ops.cast(clicked, "float32")), 1.0)
