"""Adversarial training: how the gradients of a batch come about, one method a file."""

from trainer.adversarial.awp import AdversarialWeights
from trainer.adversarial.fgm import FastGradient
from trainer.adversarial.freelb import FreeLB
from trainer.adversarial.method import AdversarialMethod, PlainTraining
from trainer.adversarial.pgd import ProjectedGradient
from trainer.adversarial.vat import VirtualAdversarial
from trainer.config import AdversarialConfig

METHODS: dict[str, type[AdversarialMethod]] = {
    "fgm": FastGradient,
    "pgd": ProjectedGradient,
    "freelb": FreeLB,
    "vat": VirtualAdversarial,
    "awp": AdversarialWeights,
}


def build_method(config: AdversarialConfig, total_steps: int, seed: int) -> PlainTraining:
    """The method of an experiment.

    Args:
        config: the section ``adversarial``.
        total_steps: of the whole run.
        seed: of random directions.
    """
    if config.method == "none":
        return PlainTraining()
    return METHODS[config.method](config, round(config.start * total_steps), seed)
