"""Cross-entropy of a page."""

from keras import ops


class SoftmaxLoss:
    """Cross-entropy of the softmax over a page against its labels, which are made to add up to 1 (Cao et al. 2007, ListNet).

    The mean over pages with a graded candidate.
    """

    def __call__(self, labels, logits, mask):
        """The loss.

        Args:
            labels: float32 [P, N], at least 0, higher is better.
            logits: float32 [P, N]
            mask: bool [P, N], true where the candidate counts.

        Returns:
            A scalar; a page without a graded candidate adds exactly 0.
        """
        labels = ops.where(mask, labels, 0.0)
        totals = ops.sum(labels, axis=1, keepdims=True)
        share = labels / ops.where(totals > 0.0, totals, 1.0)
        losses = ops.where(labels > 0.0, share * page_cross_entropy(logits, mask), 0.0)
        return ops.sum(losses) / ops.maximum(ops.sum(ops.cast(totals > 0.0, "float32")), 1.0)


def page_cross_entropy(logits, mask):
    """The negative log-probability of each candidate in the softmax over its page.

    Args:
        logits: float32 [P, N]
        mask: bool [P, N], true where the candidate is on the page.

    Returns:
        float32 [P, N]; anything where ``mask`` is false.
    """
    return log_sum_exp(logits, mask)[:, None] - logits


def log_sum_exp(logits, mask):
    """The logarithm of the sum of exponentials over the last axis.

    Args:
        logits: float32 [..., N]
        mask: bool [..., N], true where a logit counts; where none does, the result is some finite number.

    Returns:
        float32 [...]
    """
    return ops.logsumexp(ops.where(mask, logits, -1e9), axis=-1)
