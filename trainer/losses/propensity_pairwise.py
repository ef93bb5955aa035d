"""Order within a page, learned from clicks weighted by propensity."""

from keras import ops


class PropensityPairwiseLoss:
    """Pairwise logistic loss in which each click counts by its weight against every other candidate (Joachims et al. 2017).

    The sum over clicked i of w(i) * sum over j != i of log(1 + exp(s(j) - s(i))), per pair. The others hold the clicked ones
    too: with them, and w the inverse of examination, the expectation for a pair is r(i) f(s(i) - s(j)) + r(j) f(s(j) - s(i)),
    whose minimum is at s(i) - s(j) = log(r(i) / r(j)) wherever the two stood. Against the unclicked alone, an item that was
    seldom examined would go on being taken for a worse one.
    """

    def __call__(self, labels, logits, mask, weights):
        """The loss.

        Args:
            labels: float32 [P, N], 0 or 1.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.
            weights: float32 [P, N], of the preferred item.

        Returns:
            A scalar; 0 where no page has a labelled candidate beside another.
        """
        preferred = ops.cast(mask & (labels > 0.5), "float32")
        others = ops.cast(mask, "float32")
        same = ops.eye(ops.shape(labels)[1], dtype="float32")
        pairs = preferred[:, :, None] * others[:, None, :] * (1.0 - same)
        margin = logits[:, :, None] - logits[:, None, :]
        losses = ops.relu(-margin) + ops.log1p(ops.exp(-ops.abs(margin)))
        total = ops.sum(ops.where(pairs > 0.0, losses * weights[:, :, None], 0.0))
        return total / ops.maximum(ops.sum(pairs), 1.0)
