"""How test queries are rewritten to see what a ranker loses by it."""

from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.augmentation.method import TextMethod


def robustness_sets() -> dict[str, TextMethod]:
    """The ways of rewriting by the name of the set."""
    return {"typo": KeyboardTypos()}
