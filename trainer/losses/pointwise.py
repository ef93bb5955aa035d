"""Errors of each labelled candidate."""

from keras import ops

from trainer.losses.errors import CROSS_ENTROPY, Error


class PointwiseLoss:
    """The error of a probability from its logit, by default binary cross-entropy; the mean over labelled candidates.

    Args:
        error: of a probability.
    """

    def __init__(self, error: Error = CROSS_ENTROPY) -> None:
        self.error = error

    def __call__(self, labels, logits, mask):
        """The loss.

        Args:
            labels: float32 [P, N] in [0, 1], or unbiased estimates of such, which may be above 1.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar; 0 where nothing counts.
        """
        return masked_mean(logit_error(self.error, ops.where(mask, labels, 0.0), logits), mask)


class EntireSpaceLoss:
    """The error of pCTCVR = pCTR * pCVR on all impressions, in log space (Ma et al. 2018); by default cross-entropy.

    Args:
        error: of a probability.
    """

    def __init__(self, error: Error = CROSS_ENTROPY) -> None:
        self.error = error

    def __call__(self, purchased, ctr_logits, cvr_logits, mask):
        """The loss.

        Args:
            purchased: float32 [P, N], 0 or 1, or an unbiased estimate of it.
            ctr_logits: float32 [P, N]
            cvr_logits: float32 [P, N]
            mask: bool [P, N]

        Returns:
            A scalar; 0 where nothing counts.
        """
        log_p = ops.log_sigmoid(ctr_logits) + ops.log_sigmoid(cvr_logits)
        # 1 - p from expm1 keeps its digits where p is near 1; the floor keeps the gradient finite at p = 1.
        log_q = ops.log(ops.maximum(-ops.expm1(log_p), 1e-7))
        return masked_mean(self.error(purchased, log_p, log_q), mask)


def logit_error(error: Error, labels, logits):
    """The error of the probabilities of logits, float32 [P, N]."""
    return error(labels, ops.log_sigmoid(logits), ops.log_sigmoid(-logits))


def masked_mean(values, mask):
    """The mean of float32 [P, N] over a bool mask; 0 for an empty one."""
    weights = ops.cast(mask, "float32")
    return ops.sum(ops.where(mask, values, 0.0)) / ops.maximum(ops.sum(weights), 1.0)
