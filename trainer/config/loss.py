"""Weights of the parts of the loss."""

from pydantic import model_validator

from trainer.config.section import NotNegative, Section


class LossConfig(Section):
    """Weights of the parts of the loss.

    ``pointwise`` and ``pairwise`` multiply the two parts of each task; ``ctr``, ``cvr`` and ``relevance`` weigh the tasks.

    Attributes:
        pointwise: weight of the cross-entropy of each candidate.
        pairwise: weight of the logistic loss of pairs within a page.
        ctr: weight of clicks.
        cvr: weight of purchases. Pointwise: of pCTCVR on all impressions with ``heads: esmm``, of pCVR on clicks
            with ``shared_bottom``. Pairwise: of pCTCVR.
        relevance: weight of human judgments, where ``model.relevance`` is set.
        l2: weight of the squared kernels of the heads.
    """

    pointwise: NotNegative = 0.2
    pairwise: NotNegative = 1.0
    ctr: NotNegative = 1.0
    cvr: NotNegative = 0.5
    relevance: NotNegative = 1.0
    l2: NotNegative = 0.0

    @model_validator(mode="after")
    def _something_to_learn(self) -> "LossConfig":
        if self.pointwise + self.pairwise == 0 or self.ctr + self.cvr + self.relevance == 0:
            raise ValueError("every weight is 0: nothing would be learned")
        return self
