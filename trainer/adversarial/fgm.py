"""One step along the gradient."""

from functools import partial

from trainer.adversarial.gradients import differentiate
from trainer.adversarial.method import Adversarial, AdversarialMethod
from trainer.adversarial.perturbation import direction, mean_norm


class FastGradient(AdversarialMethod):
    """The fast gradient method (Miyato et al. 2017): ``epsilon * g / |g|`` with the gradient g of a text's embedded tokens."""

    by_embeddings = True

    def perturbed(self, model, batch, plain, masks) -> Adversarial:
        """The loss at ``epsilon`` along the gradient of the plain loss."""
        moved = {name: self.epsilon * unit for name, unit in direction(plain.watched, masks).items()}
        found = differentiate(model, partial(model.loss_parts, batch, True, moved))
        return Adversarial(found.loss, found.weights, mean_norm(moved))
