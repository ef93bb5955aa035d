"""Likelihood of the order within a page."""

import keras_rs
from keras import ops


class ListMleLoss:
    """Negative log-likelihood that the graded candidates come first, best first (Xia et al. 2008), from keras-rs.

    A candidate of grade 0 is only what the graded ones come before: the likelihood of the order of those that have no grade,
    which is the order in which they were shown, is taken off again. For the same reason candidates of one grade are taken in
    both directions, half each.
    """

    def __init__(self) -> None:
        self.loss = keras_rs.losses.ListMLELoss(reduction="sum")

    def __call__(self, labels, logits, mask):
        """The loss, the mean over graded candidates.

        Args:
            labels: float32 [P, N], at least 0, higher is better.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar; a page without a graded candidate adds exactly 0.
        """
        labels = ops.where(mask, labels, 0.0)
        graded = mask & (labels > 0.0)
        counted = mask & ops.any(graded, axis=1, keepdims=True)
        total = 0.5 * (
            self._graded_first(labels, logits, counted)
            + self._graded_first(*(ops.flip(values, axis=1) for values in (labels, logits, counted)))
        )
        return total / ops.maximum(ops.sum(ops.cast(graded, "float32")), 1.0)

    def _graded_first(self, labels, logits, mask):
        rest = mask & (labels <= 0.0)
        whole = self.loss({"labels": labels, "mask": mask}, logits)
        return whole - self.loss({"labels": labels, "mask": rest}, logits)
