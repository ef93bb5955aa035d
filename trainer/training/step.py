"""One training step of the Ranker."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer.losses.objective import Objective
from trainer.model.ranker import Ranker


class RankerTraining(keras.Model):
    """The Ranker with its objective, for ``fit``.

    Args:
        ranker: what is trained.
        objective: the loss.
        l2: weight of the squared kernels of the head.
    """

    def __init__(self, ranker: Ranker, objective: Objective, l2: float = 0.0) -> None:
        super().__init__(name="training", dtype=ranker.dtype_policy, autocast=False)
        self.ranker = ranker
        self.objective = objective
        self.l2 = l2
        self.built = True

    def loss_parts(self, batch: dict[str, Any], training: bool) -> dict[str, Any]:
        """The weighted parts of the loss of a batch, by name."""
        logits = self.ranker(batch, training=training)
        tower = self.ranker.position_bias
        parts = self.objective(batch, logits, None if tower is None else tower(batch["position"]))
        if self.l2:
            kernels = [v for v in self.ranker.head.trainable_variables if len(v.shape) > 1]
            parts["l2"] = self.l2 * sum(ops.sum(ops.square(v)) for v in kernels)
        return parts

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Learn from a batch.

        Returns:
            ``loss``, each of its parts, ``gradient_norm`` before clipping, ``candidates`` in the batch.
        """
        with tf.GradientTape() as tape:
            parts = self.loss_parts(batch, training=True)
            loss = sum(parts.values())
            scaled = self.optimizer.scale_loss(loss)
        variables = self.ranker.trainable_variables
        gradients = tape.gradient(scaled, variables)
        used = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        self.optimizer.apply([g for g, _ in used], [v for _, v in used])
        norm = tf.linalg.global_norm([g for g, _ in used]) * (loss / scaled)
        candidates = ops.sum(ops.cast(batch["mask"], "float32"))
        return {"loss": loss, **parts, "gradient_norm": norm, "candidates": candidates}
