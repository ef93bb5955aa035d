"""How purchases are learned from single candidates; a head names one of these."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from trainer.config import Escm2Config
from trainer.losses.errors import CROSS_ENTROPY, Error
from trainer.losses.pointwise import EntireSpaceLoss, PointwiseLoss


@dataclass(frozen=True)
class Conversions:
    """What is known of the purchases of a batch.

    Attributes:
        clicked: float32 [P, N], 1, 0, or below 0 where unknown.
        purchased: float32 [P, N], likewise.
        mask: bool [P, N], true where the purchase is known.
        ctr: logit of a click in the batch as it was drawn, float32 [P, N].
        cvr: logit of a purchase after a click, float32 [P, N].
        weight: propensity weight of a click, float32 [P, N], or None.
        imputation: logit of what a purchase would have been, float32 [P, N], or None.
    """

    clicked: Any
    purchased: Any
    mask: Any
    ctr: Any
    cvr: Any
    weight: Any = None
    imputation: Any = None


class ConversionLoss(ABC):
    """The pointwise loss of purchases.

    Args:
        error: of a predicted probability.
        escm2: settings of the counterfactual risks.
    """

    def __init__(self, error: Error = CROSS_ENTROPY, escm2: Escm2Config | None = None) -> None:
        self.error = error
        self.escm2 = escm2 or Escm2Config()

    @abstractmethod
    def __call__(self, conversions: Conversions) -> dict[str, Any]:
        """The parts of the loss by name, scalars; each 0 where nothing counts.

        Args:
            conversions: of a batch.
        """


class ClickedConversions(ConversionLoss):
    """pCVR on clicks alone. Once clicked, an item was examined: no propensity weight is needed."""

    def __call__(self, conversions: Conversions) -> dict[str, Any]:
        """``cvr``."""
        on_clicks = conversions.mask & (conversions.clicked > 0.5)
        return {"cvr": PointwiseLoss(self.error)(conversions.purchased, conversions.cvr, on_clicks)}


class EntireSpaceConversions(ConversionLoss):
    """pCTCVR = pCTR * pCVR on all impressions (Ma et al. 2018, ESMM)."""

    def __call__(self, conversions: Conversions) -> dict[str, Any]:
        """``ctcvr``."""
        label = conversions.purchased
        if conversions.weight is not None:
            label = label * conversions.weight
        return {"ctcvr": EntireSpaceLoss(self.error)(label, conversions.ctr, conversions.cvr, conversions.mask)}
