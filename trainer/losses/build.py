"""From an experiment to its loss."""

from trainer.config import LossConfig
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.conversions import ClickedConversions, ConversionLoss, EntireSpaceConversions
from trainer.losses.errors import make_error
from trainer.losses.escm2 import DoublyRobustConversions, InversePropensityConversions
from trainer.losses.objective import Objective

CONVERSIONS: dict[str, type[ConversionLoss]] = {
    "clicks": ClickedConversions,
    "entire_space": EntireSpaceConversions,
    "escm2_ips": InversePropensityConversions,
    "escm2_dr": DoublyRobustConversions,
}


def build_objective(
    config: LossConfig,
    tasks: list[str],
    conversion: str,
    propensity: PropensityWeights | None = None,
    negative_rate: float = 1.0,
) -> Objective:
    """The loss of an experiment.

    Args:
        config: the weights.
        tasks: the tasks of the head.
        conversion: how the head learns purchases, a key of `CONVERSIONS`.
        propensity: weights of clicks by their position, or None.
        negative_rate: share of the impressions without a click that the batches hold.
    """
    learned = CONVERSIONS[conversion](make_error("bce", 1.0), config.escm2)
    return Objective(config, tasks, learned, propensity, negative_rate)
