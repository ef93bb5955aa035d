"""Several steps up the loss, all of which are learned from."""

from functools import partial

from trainer.adversarial.gradients import add_scaled, differentiate
from trainer.adversarial.method import Adversarial, AdversarialMethod
from trainer.adversarial.perturbation import direction, mean_norm, no_perturbation, step_within


class FreeLB(AdversarialMethod):
    """FreeLB (Zhu et al. 2020): the gradients by the weights are averaged over the points of the ascent.

    The ascent starts at 0, where the plain loss is, and the adversarial loss is the mean over the ``steps`` points after it;
    with ``weight`` equal to ``steps`` all points count alike, as in the paper.
    """

    by_embeddings = True

    def perturbed(self, model, batch, plain, masks) -> Adversarial:
        """The mean loss over the ascent."""
        moved, slope = no_perturbation(masks, model.ranker.encoder.width), plain.watched
        losses, gradients = [], None
        for _ in range(self.steps):
            moved = step_within(moved, direction(slope, masks), self.step_length, self.epsilon)
            found = differentiate(model, partial(model.loss_parts, batch, True, moved), watched=moved)
            slope = found.watched
            losses.append(found.loss)
            gradients = found.weights if gradients is None else add_scaled(gradients, found.weights, 1.0)
        mean = [None if g is None else g / self.steps for g in gradients or []]
        return Adversarial(sum(losses) / self.steps, mean, mean_norm(moved))
