"""The ways of rewriting that an experiment names."""

from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.augmentation.method import TextMethod
from trainer.config import TextMethodConfig


def build_text_method(config: TextMethodConfig) -> TextMethod:
    """One way of rewriting.

    Args:
        config: an entry of ``augmentation.methods``.
    """
    return {"keyboard_typos": KeyboardTypos}[config.method]()
