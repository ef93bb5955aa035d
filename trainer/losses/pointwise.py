"""Cross-entropy of each labelled candidate."""

from keras import ops


class PointwiseLoss:
    """Binary cross-entropy from logits, the mean over labelled candidates."""

    def __call__(self, labels, logits, mask):
        """The loss.

        Args:
            labels: float32 [P, N] in [0, 1], or unbiased estimates of such, which may be above 1.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar; 0 where nothing counts.
        """
        labels = ops.where(mask, labels, 0.0)
        losses = ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
        return masked_mean(losses, mask)


class EntireSpaceLoss:
    """Cross-entropy of pCTCVR = pCTR * pCVR on all impressions, in log space (Ma et al. 2018)."""

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
        losses = -(purchased * log_p + (1.0 - purchased) * log_q)
        return masked_mean(losses, mask)


def masked_mean(values, mask):
    """The mean of float32 [P, N] over a bool mask; 0 for an empty one."""
    weights = ops.cast(mask, "float32")
    return ops.sum(ops.where(mask, values, 0.0)) / ops.maximum(ops.sum(weights), 1.0)
