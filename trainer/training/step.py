"""One training step of the Ranker."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer.adversarial.method import PlainTraining
from trainer.config import LossConfig
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.build import build_objective
from trainer.losses.divergence import Divergence, ListDivergence
from trainer.losses.objective import Objective
from trainer.model.ranker import REWRITTEN, TEACHING, Ranker, select


class RankerTraining(keras.Model):
    """The Ranker with its objective, for ``fit``.

    Args:
        ranker: what is trained.
        objective: the loss.
        l2: weight of the squared kernels of the head.
        method: how the gradients of a batch come about.
        r_drop: weight of the divergence between two passes with different dropout (Liang et al. 2021).
        self_teaching: weight of the divergence of the orders for rewritten queries from those for the typed ones, which are
            not moved by it (Zhuang and Zuccon 2022); batches then hold rewritten queries.
    """

    def __init__(
        self,
        ranker: Ranker,
        objective: Objective,
        l2: float = 0.0,
        method: PlainTraining | None = None,
        r_drop: float = 0.0,
        self_teaching: float = 0.0,
    ) -> None:
        super().__init__(name="training", dtype=ranker.dtype_policy, autocast=False)
        self.ranker = ranker
        self.objective = objective
        self.l2 = l2
        self.method = method or PlainTraining()
        self.r_drop = r_drop
        self.self_teaching = self_teaching
        self.built = True

    @property
    def divergence_weights(self) -> dict[str, float]:
        """The tasks of probabilities, and how much the divergence of each counts beside the loss: as its loss does."""
        return {task: self.objective.task_weights[task] for task in self.objective.probability_tasks}

    def loss_parts(self, batch: dict[str, Any], training: bool, perturbation: Any = None) -> dict[str, Any]:
        """The weighted parts of the loss of one pass over a batch, by name."""
        return self._parts(batch, self.ranker(batch, training=training, perturbation=perturbation))

    def training_parts(self, batch: dict[str, Any], perturbation: Any = None) -> dict[str, Any]:
        """The parts of the loss that is learned from, with those that compare predictions.

        With R-Drop they are the mean of two passes, and their divergence.
        """
        first = self.ranker(batch, training=True, perturbation=perturbation)
        if not self.r_drop:
            return self._parts(batch, first) | self._taught(batch, first)
        second = self.ranker(batch, training=True, perturbation=perturbation)
        parts, others = (self._parts(batch, logits) | self._taught(batch, logits) for logits in (first, second))
        divergence = Divergence(self.divergence_weights).symmetric(first, second, batch["mask"])
        return {**{name: 0.5 * (parts[name] + others[name]) for name in parts}, "r_drop": self.r_drop * divergence}

    def _taught(self, batch: dict[str, Any], logits: dict[str, Any]) -> dict[str, Any]:
        """The divergence of the orders for rewritten queries, where they are to be learned."""
        if not self.self_teaching:
            return {}
        teaching = select(logits, TEACHING) or logits
        tasks = self.objective.probability_tasks
        teacher = {task: ops.stop_gradient(teaching[task]) for task in tasks}
        divergence = ListDivergence(dict.fromkeys(tasks, 1.0))(teacher, select(logits, REWRITTEN), batch["mask"])
        return {"self_teaching": self.self_teaching * divergence}

    def _parts(self, batch: dict[str, Any], logits: dict[str, Any]) -> dict[str, Any]:
        tower = self.ranker.position_bias
        parts = self.objective(batch, logits, None if tower is None else tower(batch["position"]))
        if self.l2:
            kernels = [v for v in self.ranker.head.trainable_variables if len(v.shape) > 1]
            parts["l2"] = self.l2 * sum(ops.sum(ops.square(v)) for v in kernels)
        return parts

    def scale(self, loss):
        """A loss as it is differentiated: scaled up for float16, and by the share of a replica, whose gradients are summed."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return self.optimizer.scale_loss(loss if replicas == 1 else loss / replicas)

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Learn from a batch.

        Returns:
            ``loss``, each of its parts, what the method and the objective show, ``gradient_norm`` before clipping,
            ``candidates`` in the batch.
        """
        scale = self.scale(tf.ones(()))
        step = self.method.gradients(self, batch)
        variables = self.ranker.trainable_variables
        used = [(g, v) for g, v in zip(step.gradients, variables, strict=True) if g is not None]
        gradients = shared_gradients([g for g, _ in used])
        self.optimizer.apply(gradients, [v for _, v in used])
        norm = tf.linalg.global_norm(gradients) / scale
        candidates = ops.sum(ops.cast(batch["mask"], "float32"))
        loss = sum(step.parts.values())
        shown = {**step.parts, **step.shown, **self.objective.shown}
        return {"loss": loss, **shown, "gradient_norm": norm, "candidates": candidates}


def shared_gradients(gradients: list[Any]) -> list[Any]:
    """On each replica its part of the gradients of all, whose sum the optimizer makes.

    Keras clips on each replica, before that sum: with equal parts the clipped parts add up to the clipped whole, where
    `build_optimizer` divides the norm in the same way.

    Args:
        gradients: of one replica, dense.

    Returns:
        The gradients of all replicas over their number.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    context = tf.distribute.get_replica_context()
    if replicas == 1 or context is None:
        return gradients
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    return [gradient / replicas for gradient in total]


def objective_of(
    config: LossConfig, ranker: Ranker, propensity: PropensityWeights | None = None, negative_rate: float = 1.0
) -> Objective:
    """The loss of a Ranker: of its tasks, in the way of its head.

    Args:
        config: the weights.
        ranker: what is trained.
        propensity: weights of clicks by their position, or None.
        negative_rate: share of the impressions without a click that the batches hold.
    """
    return build_objective(
        config, ranker.tasks, ranker.head.conversion, propensity, negative_rate, ranker.declared, ranker.task_weights
    )
