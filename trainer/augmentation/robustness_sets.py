"""How test queries are rewritten to see what a ranker loses by it."""

from pathlib import Path

from trainer.augmentation.character_noise import CharacterNoise
from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.augmentation.method import TextMethod
from trainer.augmentation.phonetic_typos import PhoneticTypos
from trainer.augmentation.word_swap import WordSwap
from trainer.augmentation.wordnet import WordNetSynonyms
from trainer.errors import InputError


def robustness_sets(wordnet: Path) -> tuple[dict[str, TextMethod], list[str]]:
    """The ways of rewriting by the name of the set, and notes on those that are left out.

    Args:
        wordnet: folder of WordNet's database files.
    """
    sets: dict[str, TextMethod] = {"typo": KeyboardTypos(), "phonetic": PhoneticTypos()}
    notes = []
    try:
        sets["synonym"] = WordNetSynonyms(wordnet)
    except InputError as error:
        notes.append(f"robustness, synonym: left out; {error}")
    return sets | {"word_order": WordSwap(), "noise": CharacterNoise()}, notes
