"""Weights of the parts of the loss."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.section import NotNegative, Positive, Section


class Escm2Config(Section):
    """How ``heads: escm2_ips`` and ``heads: escm2_dr`` learn CVR beside pCTCVR (Wang et al. 2022).

    Attributes:
        weight: of the risk of CVR over all impressions, beside 1 for that of pCTCVR.
        clip: 1 / the click probability counts as at most this.
        imputation: ``escm2_dr``: weight of the error of the imputation, relative to that risk.
    """

    weight: NotNegative = 0.1
    clip: Annotated[float, Field(ge=1.0)] = 20.0
    imputation: NotNegative = 1.0


class LossConfig(Section):
    """Weights of the parts of the loss.

    ``pointwise`` multiplies the part of each task that looks at single candidates; ``pairwise``, ``list_mle`` and ``softmax``
    the parts that look at the order within a page, of which 0 leaves one out; ``ctr``, ``cvr`` and ``relevance`` weigh the tasks.

    Attributes:
        pointwise: weight of the cross-entropy of each candidate.
        pairwise: weight of the logistic loss of pairs within a page.
        list_mle: weight of the likelihood of the page's order, clicked (bought, better) candidates first.
        softmax: weight of the cross-entropy of the softmax over a page.
        ctr: weight of clicks.
        cvr: weight of purchases. Pointwise: of pCVR on clicks with ``heads: shared_bottom``, of pCTCVR on all
            impressions with all others. Pairwise: of pCTCVR.
        conversion: error of the predicted probability of a purchase in the pointwise part: cross-entropy (``bce``), squared
            (``mse``) or Huber's (``huber``).
        huber_delta: ``conversion: huber``: errors beyond which it grows linearly.
        weighting: ``fixed``: by the weights of the tasks; ``uncertainty``: by learned variances, which start at them.
        relevance: weight of human judgments, where ``model.relevance`` is set.
        escm2: how CVR is learned besides, with ``heads: escm2_ips`` and ``escm2_dr``.
        l2: weight of the squared kernels of the heads.
    """

    pointwise: NotNegative = 0.2
    pairwise: NotNegative = 1.0
    list_mle: NotNegative = 0.0
    softmax: NotNegative = 0.0
    ctr: NotNegative = 1.0
    cvr: NotNegative = 0.5
    conversion: Literal["bce", "mse", "huber"] = "bce"
    huber_delta: Positive = 0.5
    weighting: Literal["fixed", "uncertainty"] = "fixed"
    relevance: NotNegative = 1.0
    escm2: Escm2Config = Escm2Config()
    l2: NotNegative = 0.0

    @model_validator(mode="after")
    def _delta_of_huber(self) -> "LossConfig":
        if self.conversion != "huber" and self.huber_delta != LossConfig.model_fields["huber_delta"].default:
            raise ValueError(f"huber_delta: goes with conversion: huber, found conversion: {self.conversion}")
        return self

    @model_validator(mode="after")
    def _something_to_learn(self) -> "LossConfig":
        if (
            self.pointwise + self.pairwise + self.list_mle + self.softmax == 0
            or self.ctr + self.cvr + self.relevance == 0
        ):
            raise ValueError("every weight is 0: nothing would be learned")
        return self
