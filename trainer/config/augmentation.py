"""Rewriting of texts while training."""

from typing import Literal

from pydantic import model_validator

from trainer.config.section import Section, Share


class TextMethodConfig(Section):
    """One way of rewriting and how many texts it touches.

    Attributes:
        method: ``keyboard_typos``: one slip of the fingers in one word.
        queries: share of the distinct queries of an epoch that it rewrites.
        items: share of the items of an epoch whose text it rewrites.
    """

    method: Literal["keyboard_typos"]
    queries: Share = 0.0
    items: Share = 0.0

    @model_validator(mode="after")
    def _touches_something(self) -> "TextMethodConfig":
        if not self.queries + self.items:
            raise ValueError(f"method: {self.method} touches nothing; give queries or items a share above 0")
        return self


class AugmentationConfig(Section):
    """Rewriting of texts while training; validation, evaluation and the bundle never see a rewritten text.

    Attributes:
        methods: applied in this order, each to a share of its own, drawn anew each epoch; a text may meet several.
    """

    methods: tuple[TextMethodConfig, ...] = ()
