"""Counterfactual risks of CVR over all impressions, of which only the clicked ones show their label (Wang et al. 2022, ESCM2).

The propensity is the probability of the click as the batch was drawn: at its position, and of the sample. No gradient runs
through it.
"""

from typing import Any

from keras import ops

from trainer.losses.conversions import Conversions, EntireSpaceConversions
from trainer.losses.pointwise import logit_error, masked_mean

IMPUTATION = "imputation"


class InversePropensityConversions(EntireSpaceConversions):
    """pCTCVR on all impressions, and CVR on clicks weighted by 1 / pCTR.

    The risk is the mean over all impressions of ``o * e / p``: o whether it was clicked, e the error of pCVR, p the click
    probability.
    """

    def __call__(self, conversions: Conversions) -> dict[str, Any]:
        """``ctcvr`` and ``cvr_ips``."""
        error = self.cvr_error(conversions)
        risk = masked_mean(self.inverse_propensity(conversions) * error, conversions.mask)
        return {**super().__call__(conversions), "cvr_ips": self.escm2.weight * risk}

    def cvr_error(self, conversions: Conversions):
        """The error of pCVR where it is known, float32 [P, N]."""
        labels = ops.where(conversions.mask, conversions.purchased, 0.0)
        return logit_error(self.error, labels, conversions.cvr)

    def inverse_propensity(self, conversions: Conversions):
        """``o / p``, at most ``clip``, float32 [P, N]."""
        p = ops.sigmoid(ops.stop_gradient(conversions.ctr))
        if conversions.weight is not None:
            # With propensity weights pCTR is that at an average position, which this undoes.
            p = p / conversions.weight
        clicked = conversions.mask & (conversions.clicked > 0.5)
        return ops.where(clicked, 1.0 / ops.maximum(p, 1.0 / self.escm2.clip), 0.0)


class DoublyRobustConversions(InversePropensityConversions):
    """pCTCVR on all impressions, and CVR doubly robustly.

    The risk is the mean over all impressions of ``i + o * (e - i) / p``: i is the imputed error, the error of pCVR against what
    the imputation takes the label to be. So the imputed error has a gradient by pCVR; a number of its own would leave that of
    `InversePropensityConversions` (Wang et al. 2019). The imputation is learned from clicks, by ``o * (e - i) ** 2 / p``; neither
    of the two is learned through the loss of the other.
    """

    def __call__(self, conversions: Conversions) -> dict[str, Any]:
        """``ctcvr``, ``cvr_dr`` and ``imputation``."""
        inverse = self.inverse_propensity(conversions)
        guess, cvr = ops.sigmoid(conversions.imputation), conversions.cvr
        error = self.cvr_error(conversions)
        imputed = logit_error(self.error, ops.stop_gradient(guess), cvr)
        risk = masked_mean(imputed + inverse * (error - imputed), conversions.mask)
        gap = ops.stop_gradient(error) - logit_error(self.error, guess, ops.stop_gradient(cvr))
        learned = masked_mean(inverse * ops.square(gap), conversions.mask)
        weight = self.escm2.weight
        return {
            **EntireSpaceConversions.__call__(self, conversions),
            "cvr_dr": weight * risk,
            IMPUTATION: weight * self.escm2.imputation * learned,
        }
