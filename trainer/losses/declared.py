"""The loss of a declared task."""

from typing import Any

from keras import ops

from trainer.data.declared_tasks import PREFIX, DeclaredTask
from trainer.losses.errors import CrossEntropy, make_error
from trainer.losses.pointwise import logit_error, masked_mean


class DeclaredLoss:
    """The error that a declared task names, the mean over the impressions on which it counts.

    Numbers are standardised by the training pages, so that weights and Huber's ``delta`` mean the same whatever their unit.

    Args:
        task: the task.
    """

    def __init__(self, task: DeclaredTask) -> None:
        self.task = task
        self.error = make_error(task.config.loss, task.config.delta or 1.0)

    def __call__(self, batch: dict[str, Any], output):
        """The loss.

        Args:
            batch: ``mask`` bool, ``clicked``, ``purchased`` and ``task.<name>`` float32, all [P, N]; NaN labels are unknown.
            output: of the task, float32 [P, N]: a logit, or a standardised value.

        Returns:
            A scalar; 0 where nothing counts.
        """
        label = batch[PREFIX + self.task.name]
        mask = batch["mask"] & (label == label)
        if self.task.config.on != "all":
            mask = mask & (batch[self.task.config.on] > 0.5)
        label = ops.where(mask, label, 0.0)
        if isinstance(self.error, CrossEntropy):
            return masked_mean(logit_error(self.error, label, output), mask)
        return masked_mean(self.error.of_values((label - self.task.mean) / self.task.std, output), mask)
