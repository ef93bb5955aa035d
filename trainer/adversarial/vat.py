"""Perturbation towards other predictions; no label is asked."""

from functools import partial

import tensorflow as tf

from trainer.adversarial.gradients import differentiate
from trainer.adversarial.method import Adversarial, AdversarialMethod
from trainer.adversarial.perturbation import direction, mean_norm, random_direction
from trainer.losses.divergence import Divergence


class VirtualAdversarial(AdversarialMethod):
    """Virtual adversarial training (Miyato et al. 2018): the divergence between predictions with and without perturbation.

    The direction in which the divergence grows fastest is found from a random one by ``steps`` power iterations, each a
    gradient at ``step_length`` along the direction so far. These passes drop no units: what differs is the perturbation alone,
    and without one the divergence is 0. Each task counts as in the loss: purchases, which few labels hold in place, would
    otherwise settle where no perturbation moves them, at a probability of 0 or 1.
    """

    has_gap = False

    def perturbed(self, model, batch, plain, masks) -> Adversarial:
        """The divergence at ``epsilon`` along the direction found."""
        divergence = Divergence(model.divergence_weights)
        logits = model.ranker(batch, training=False)
        logits = {task: tf.stop_gradient(value) for task, value in logits.items()}

        def parts(moved):
            other = model.ranker(batch, training=False, perturbation=moved)
            return {"divergence": divergence(logits, other, batch["mask"])}

        step = model.optimizer.iterations.value
        along = random_direction(masks, model.ranker.encoder.width, self.seed, step)
        for _ in range(self.steps):
            probe = {name: self.step_length * unit for name, unit in along.items()}
            slope = differentiate(model, partial(parts, probe), weights=False, watched=probe)
            along = direction(slope.watched, masks)
        moved = {name: self.epsilon * unit for name, unit in along.items()}
        found = differentiate(model, partial(parts, moved))
        return Adversarial(found.loss, found.weights, mean_norm(moved))
