"""What every method is."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from trainer.adversarial.gradients import Gradients, add_scaled, differentiate
from trainer.adversarial.perturbation import no_perturbation, token_masks
from trainer.config import AdversarialConfig

if TYPE_CHECKING:
    from trainer.training.step import RankerTraining

COMPARING = ("r_drop", "self_teaching")
"""Parts of the loss that compare predictions with one another, not with labels."""


@dataclass(frozen=True)
class StepGradients:
    """What a method makes of a batch.

    Attributes:
        parts: of the loss, weighted, by name.
        gradients: of the scaled loss, by trainable variable; None where the loss does not depend on it.
        shown: further scalars to show, by name.
    """

    parts: dict[str, Any]
    gradients: list[Any]
    shown: dict[str, Any]


@dataclass(frozen=True)
class Adversarial:
    """What the adversarial passes over a batch found.

    Attributes:
        loss: not weighted, a scalar.
        gradients: of the scaled ``loss``, by trainable variable.
        norm: mean length of the perturbations, a scalar.
    """

    loss: Any
    gradients: list[Any]
    norm: Any


class PlainTraining:
    """Training without perturbation."""

    def gradients(self, model: "RankerTraining", batch: dict[str, Any]) -> StepGradients:
        """Differentiate the loss of a batch.

        Args:
            model: the training model.
            batch: as `trainer.training.batches.PageBatches` makes it.
        """
        found = differentiate(model, lambda: model.training_parts(batch))
        return StepGradients(found.parts, found.weights, {})


class AdversarialMethod(PlainTraining):
    """Adds the weighted loss of adversarial passes to the plain loss; a subclass says what these passes are.

    The passes run one after another and their gradients are added, so that the states of one pass only are held. Each draws
    its own dropout.

    Args:
        config: the section ``adversarial``.
        start_step: the first step with adversarial passes.
        seed: of random directions.
    """

    by_embeddings = False
    """Whether `perturbed` wants the plain loss's gradient by the embedded tokens."""
    has_gap = True
    """Whether the adversarial loss is the plain loss at another point, so that their gap means something."""

    def __init__(self, config: AdversarialConfig, start_step: int = 0, seed: int = 0) -> None:
        assert config.epsilon is not None
        self.epsilon, self.steps, self.step_length = config.epsilon, config.steps, config.step_length
        self.weight = config.weight
        self.start_step, self.seed = start_step, seed

    @abstractmethod
    def perturbed(
        self, model: "RankerTraining", batch: dict[str, Any], plain: Gradients, masks: dict[str, Any]
    ) -> Adversarial:
        """The adversarial passes.

        Args:
            model: the training model.
            batch: the batch.
            plain: of the plain loss; ``watched`` by the embedded tokens where ``by_embeddings`` is set.
            masks: as `trainer.adversarial.perturbation.token_masks` gives them.
        """

    def gradients(self, model: "RankerTraining", batch: dict[str, Any]) -> StepGradients:
        """Differentiate the plain loss and, from ``start_step`` on, the adversarial one."""
        masks = token_masks(model.ranker, batch)
        zero = no_perturbation(masks, model.ranker.encoder.width) if self.by_embeddings else None
        plain = differentiate(model, lambda: model.training_parts(batch, zero), watched=zero)
        loss = sum(value for name, value in plain.parts.items() if name not in COMPARING)

        def active():
            found = self.perturbed(model, batch, plain, masks)
            total = add_scaled(plain.weights, found.gradients, self.weight)
            return [g for g in total if g is not None], self.weight * found.loss, found.loss, found.norm

        def waiting():
            unchanged = [g for g in plain.weights if g is not None]
            return unchanged, tf.zeros(()), loss if self.has_gap else tf.zeros(()), tf.zeros(())

        if self.start_step:
            begun = tf.convert_to_tensor(model.optimizer.iterations.value) >= self.start_step
            dense, part, adversarial, length = tf.cond(begun, active, waiting)
        else:
            dense, part, adversarial, length = active()
        filled = iter(dense)
        total = [None if g is None else next(filled) for g in plain.weights]
        shown = {"plain_loss": loss, "adversarial_loss": adversarial, "perturbation_norm": length}
        if self.has_gap:
            shown["adversarial_gap"] = adversarial - loss
        return StepGradients({**plain.parts, "adversarial": part}, total, shown)
