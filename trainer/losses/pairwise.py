"""Order within a page."""

import keras_rs
from keras import ops


class PairwiseLoss:
    """Pairwise logistic loss within each page (Burges et al. 2005) from keras-rs, the mean over ordered pairs."""

    def __init__(self) -> None:
        self.loss = keras_rs.losses.PairwiseLogisticLoss(reduction="sum")

    def __call__(self, labels, logits, mask):
        """The loss.

        Args:
            labels: float32 [P, N], higher is better.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar; 0 where no page has two grades.
        """
        labels = ops.where(mask, labels, 0.0)
        total = self.loss({"labels": labels, "mask": mask}, logits)
        ordered = (labels[:, :, None] > labels[:, None, :]) & mask[:, :, None] & mask[:, None, :]
        return total / ops.maximum(ops.sum(ops.cast(ordered, "float32")), 1.0)
