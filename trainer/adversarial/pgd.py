"""Several steps up the loss, kept within a ball."""

from functools import partial

from trainer.adversarial.gradients import differentiate
from trainer.adversarial.method import Adversarial, AdversarialMethod
from trainer.adversarial.perturbation import Perturbation, direction, mean_norm, no_perturbation, step_within


class ProjectedGradient(AdversarialMethod):
    """Projected gradient descent (Madry et al. 2018) on the embedded tokens, from 0.

    Each of ``steps`` steps goes ``step_length`` along the gradient of each text and is projected to the ball of radius
    ``epsilon``; the loss at the last point is learned from. The first gradient is that of the plain pass.
    """

    by_embeddings = True

    def perturbed(self, model, batch, plain, masks) -> Adversarial:
        """The loss at the end of the ascent."""
        moved = self._ascend(no_perturbation(masks, model.ranker.encoder.width), plain.watched, masks)
        for _ in range(self.steps - 1):
            slope = differentiate(model, partial(model.loss_parts, batch, True, moved), False, moved)
            moved = self._ascend(moved, slope.watched, masks)
        found = differentiate(model, partial(model.loss_parts, batch, True, moved))
        return Adversarial(found.loss, found.weights, mean_norm(moved))

    def _ascend(self, start: Perturbation, slope: Perturbation, masks) -> Perturbation:
        return step_within(start, direction(slope, masks), self.step_length, self.epsilon)
