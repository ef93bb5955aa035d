"""The entire-space head whose CVR is learned by inverse propensity."""

from typing import ClassVar

from trainer.model.heads.esmm import EntireSpaceHead


class InversePropensityHead(EntireSpaceHead):
    """A tower a task; beside pCTCVR, CVR is learned on clicks weighted by 1 / pCTR (Wang et al. 2022, ESCM2-IPS)."""

    conversion: ClassVar[str] = "escm2_ips"
