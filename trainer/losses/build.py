"""From an experiment to its loss."""

from collections.abc import Sequence

from trainer.config import LossConfig
from trainer.data.declared_tasks import DeclaredTask
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.conversions import ClickedConversions, ConversionLoss, EntireSpaceConversions
from trainer.losses.declared import DeclaredLoss
from trainer.losses.errors import make_error
from trainer.losses.escm2 import DoublyRobustConversions, InversePropensityConversions
from trainer.losses.objective import Objective, task_weights
from trainer.losses.uncertainty import UncertaintyWeights

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
    declared: Sequence[DeclaredTask] = (),
    weighting: UncertaintyWeights | None = None,
) -> Objective:
    """The loss of an experiment.

    Args:
        config: the weights.
        tasks: the tasks of the head.
        conversion: how the head learns purchases, a key of `CONVERSIONS`.
        propensity: weights of clicks by their position, or None.
        negative_rate: share of the impressions without a click that the batches hold.
        declared: tasks that the experiment declares.
        weighting: of the tasks, or None for their fixed weights.
    """
    learned = CONVERSIONS[conversion](make_error(config.conversion, config.huber_delta), config.escm2)
    losses = [DeclaredLoss(task) for task in declared]
    return Objective(config, tasks, learned, propensity, negative_rate, losses, weighting)


def build_weighting(
    config: LossConfig, tasks: list[str], declared: Sequence[DeclaredTask] = ()
) -> UncertaintyWeights | None:
    """The weighting of the tasks, where it is learned."""
    if config.weighting == "fixed":
        return None
    squared = [task.name for task in declared if task.config.loss == "mse"]
    return UncertaintyWeights(task_weights(config, tasks, declared), squared, name="task_weights")
