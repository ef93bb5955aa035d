"""Perturbation of the weights."""

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from trainer.adversarial.gradients import differentiate
from trainer.adversarial.method import Adversarial, AdversarialMethod


class AdversarialWeights(AdversarialMethod):
    """Adversarial weight perturbation (Wu et al. 2020): each kernel moves along its gradient by a share of its norm.

    Embedding tables, biases and norms stay where they are: in a table the few rows of a batch would take the whole step. The
    moved kernels exist for the adversarial pass only, and no variable is assigned to, so there is nothing to restore.
    """

    def perturbed(self, model, batch, plain, masks) -> Adversarial:
        """The loss with the kernels moved."""
        variables = model.ranker.trainable_variables
        kernels = {i: v for i, v in enumerate(variables) if is_kernel(v)}
        moved = {i: tf.zeros_like(v.value) for i, v in kernels.items()}
        slope = plain.weights
        for step in range(self.steps):
            moved = {i: self._ascend(v, moved[i], slope[i]) for i, v in kernels.items()}
            found = differentiate(model, partial(moved_parts, model, batch, kernels, moved))
            if step < self.steps - 1:
                slope = found.weights
        lengths = [
            tf.math.divide_no_nan(tf.norm(moved[i]), tf.norm(tf.convert_to_tensor(v.value))) for i, v in kernels.items()
        ]
        return Adversarial(found.loss, found.weights, tf.add_n(lengths) / len(lengths))

    def _ascend(self, kernel, start, slope):
        """A step of ``step_length`` times the kernel's norm, kept within ``epsilon`` times it."""
        if slope is None:
            return start
        size = tf.norm(tf.convert_to_tensor(kernel.value))
        slope = tf.where(tf.math.is_finite(slope), slope, 0.0)
        slope = tf.math.divide_no_nan(slope, tf.reduce_max(tf.abs(slope)))
        moved = start + self.step_length * size * tf.math.divide_no_nan(slope, tf.norm(slope))
        return tf.stop_gradient(moved * tf.minimum(1.0, tf.math.divide_no_nan(self.epsilon * size, tf.norm(moved))))


def is_kernel(variable: Any) -> bool:
    """Whether a variable is the matrix of a dense layer, or a part of one that LoRA adds."""
    return "kernel" in variable.name and len(variable.shape) > 1


def moved_parts(model, batch: dict[str, Any], kernels: dict[int, Any], moved: dict[int, Any]) -> dict[str, Any]:
    """The loss with kernels moved, differentiable by them.

    Args:
        model: the training model.
        batch: the batch.
        kernels: the variables.
        moved: what is added to each.
    """
    scope = keras.StatelessScope([(v, tf.convert_to_tensor(v.value) + moved[i]) for i, v in kernels.items()])
    with scope:
        parts = model.loss_parts(batch, True)
    # The scope held back the progress of the dropout seeds; without it later passes would drop the same units.
    for variable in model.ranker.non_trainable_variables:
        value = scope.get_current_value(variable)
        if value is not None:
            variable.assign(value)
    return parts
