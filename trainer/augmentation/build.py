"""The ways of rewriting that an experiment names."""

import pandas as pd

from trainer.augmentation.attribute_synonyms import AttributeSynonyms
from trainer.augmentation.character_noise import CharacterNoise
from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.augmentation.method import TextMethod
from trainer.augmentation.paraphrases import Paraphrases
from trainer.augmentation.phonetic_typos import PhoneticTypos
from trainer.augmentation.word_drop import WordDrop
from trainer.augmentation.word_swap import WordSwap
from trainer.augmentation.wordnet import WordNetSynonyms
from trainer.config import AugmentationConfig, TextMethodConfig
from trainer.config.augmentation import WORDNET
from trainer.errors import InputError

PLAIN: dict[str, type[TextMethod]] = {
    "keyboard_typos": KeyboardTypos,
    "phonetic_typos": PhoneticTypos,
    "character_noise": CharacterNoise,
    "word_drop": WordDrop,
    "word_swap": WordSwap,
}


def build_text_methods(config: AugmentationConfig, items: pd.DataFrame) -> list[TextMethod]:
    """The ways of rewriting, in order.

    Args:
        config: the section ``augmentation``.
        items: ``text`` and the declared item features.

    Raises:
        InputError: naming the entry, if its files can't be used or its column has nothing to exchange.
    """
    methods = []
    for place, given in enumerate(config.methods):
        try:
            methods.append(_build(given, items))
        except InputError as error:
            raise InputError(f"augmentation.methods.{place}: {error}") from None
    return methods


def _build(config: TextMethodConfig, items: pd.DataFrame) -> TextMethod:
    if config.method == "wordnet":
        return WordNetSynonyms(config.folder or WORDNET)
    if config.method == "paraphrases":
        assert config.table is not None
        return Paraphrases(config.table)
    if config.method == "attribute_values":
        found = AttributeSynonyms(items[config.column], items["text"])
        if not len(found):
            raise InputError(
                f"column: no value of {config.column!r} has a word that item texts use in its place; leave the method out"
            )
        return found
    return PLAIN[config.method]()
