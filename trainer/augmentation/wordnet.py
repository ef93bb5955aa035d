"""Synonyms from WordNet."""

from functools import lru_cache
from pathlib import Path

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from trainer.augmentation.phrases import PhraseExchange
from trainer.errors import InputError

FILES = ("index.noun", "data.noun", "index.adj", "data.adj")
THINGS = {"05": "animal", "06": "artifact", "13": "food", "20": "plant", "27": "substance"}
"""Lexicographer files of nouns that name what can be sold."""


class WordNetSynonyms(PhraseExchange):
    """One word or phrase replaced by a synonym of WordNet (Miller 1995).

    Taken are the words of one sense: the most frequent one that is a thing (artifact, food, plant, animal or substance), or,
    where that has none, the most frequent one as an adjective. So `sofa` becomes `couch` and `cheap` becomes
    `inexpensive`, but the case of a phone does not become an instance. Words are known in their base form only; stop
    words (those of scikit-learn) and single letters stay.

    Args:
        folder: WordNet's database files ``index.noun``, ``data.noun``, ``index.adj`` and ``data.adj``.

    Raises:
        InputError: if one of them is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._senses = read_wordnet(folder)

    def others(self, phrase: str) -> list[str] | None:
        """See `PhraseExchange.others`."""
        return self._senses.get(phrase)


@lru_cache(maxsize=2)
def read_wordnet(folder: Path) -> dict[str, list[str]]:
    """The synonyms of each word and phrase; empty for one that has none.

    Args:
        folder: see `WordNetSynonyms`.

    Raises:
        InputError: see `WordNetSynonyms`.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder}: no WordNet ({missing[0]} is missing); `python -m tools.wordnet` fetches it, or name the folder of another"
        )
    try:
        adjectives = _first_senses(folder, "adj", None)
        things = _first_senses(folder, "noun", frozenset(THINGS))
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{folder}: damaged WordNet ({' '.join(str(error).split())[:120]}); fetch it again") from None
    # Nouns that name no thing stay known as phrases, so that their parts are left alone.
    known = {word: others or adjectives.get(word, []) for word, others in things.items()}
    found = {**{phrase: [] for phrase in _phrases(folder)}, **adjectives, **known}
    return {word: others for word, others in found.items() if len(word) > 1 and word not in ENGLISH_STOP_WORDS}


def _first_senses(folder: Path, part: str, wanted: frozenset[str] | None) -> dict[str, list[str]]:
    """By word, the others of its most frequent sense in one of the wanted lexicographer files."""
    words_of: dict[str, list[str]] = {}
    for line in _lines(folder / f"data.{part}"):
        offset, file, _, count, *rest = line.partition(" | ")[0].split(" ")
        if wanted is None or file in wanted:
            words_of[offset] = [_plain(rest[2 * n]) for n in range(int(count, 16))]
    found = {}
    for line in _lines(folder / f"index.{part}"):
        fields = line.split()
        senses = fields[-int(fields[2]) :]
        sense = next((offset for offset in senses if offset in words_of), None)
        if sense is not None:
            word = _plain(fields[0])
            found[word] = [other for other in words_of[sense] if other.lower() != word and other.isascii()]
    return found


def _phrases(folder: Path) -> list[str]:
    return [_plain(word) for line in _lines(folder / "index.noun") if "_" in (word := line.split(" ", 1)[0])]


def _lines(path: Path) -> list[str]:
    """The entries of a database file, without its licence, whose lines begin with a space."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith(" ")]


def _plain(word: str) -> str:
    """A word as people write it: spaces, no marker of where an adjective stands."""
    return word.partition("(")[0].replace("_", " ")
