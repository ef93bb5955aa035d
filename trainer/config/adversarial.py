"""Adversarial perturbation while training."""

from typing import Literal

from pydantic import model_validator

from trainer.config.section import Count, NotNegative, Positive, Section, Share


class AdversarialConfig(Section):
    """Training on inputs, or with weights, that are moved to where the model errs most.

    ``fgm``, ``pgd``, ``freelb`` and ``vat`` move the embedded tokens of each text; ``awp`` moves the kernels.

    Attributes:
        method: one step along the gradient (``fgm``), several (``pgd``), several whose gradients are all learned from
            (``freelb``), towards other predictions instead of a larger loss (``vat``), of the weights (``awp``).
        epsilon: longest perturbation. Of embedded tokens: its norm over the tokens and the width of one text. Of
            weights: its share of the norm of each kernel. Must be given with a method.
        steps: ascent steps, with ``vat`` power iterations; each costs a pass over the batch.
        step_size: length of a step; null for ``2 * epsilon / steps``. With ``vat`` the length at which the curvature is
            probed, null for ``epsilon``.
        weight: of the adversarial loss beside the plain one.
        start: share of the training steps after which it starts.
    """

    method: Literal["none", "fgm", "pgd", "freelb", "vat", "awp"] = "none"
    epsilon: Positive | None = None
    steps: Count = 1
    step_size: Positive | None = None
    weight: NotNegative = 1.0
    start: Share = 0.0

    @model_validator(mode="after")
    def _of_the_method(self) -> "AdversarialConfig":
        if self.method != "none" and self.epsilon is None:
            raise ValueError(f"method: {self.method} needs epsilon")
        if self.method == "fgm" and (self.steps != 1 or self.step_size is not None):
            raise ValueError("method: fgm takes one step of length epsilon; leave steps and step_size out, or use pgd")
        return self

    @property
    def step_length(self) -> float:
        """``step_size``, or what null stands for."""
        assert self.epsilon is not None
        if self.step_size is not None:
            return self.step_size
        return self.epsilon if self.method == "vat" else 2.0 * self.epsilon / self.steps
