"""Words spelt as they sound."""

from random import Random

from jellyfish import metaphone

from trainer.augmentation.letters import latin_words
from trainer.augmentation.method import TextMethod

SPELLINGS = (
    *(("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "ck"), ("c", "k"), ("k", "c"), ("c", "s"), ("s", "c"), ("q", "k")),
    *(("x", "ks"), ("ks", "x"), ("gh", ""), ("wh", "w"), ("kn", "n"), ("wr", "r"), ("mb", "m"), ("dge", "j")),
    *(("tion", "shun"), ("sion", "tion"), ("tion", "sion"), ("s", "z"), ("z", "s"), ("j", "g"), ("g", "j")),
    *(("ie", "ei"), ("ei", "ie"), ("ea", "ee"), ("ee", "ea"), ("ai", "ay"), ("ay", "ai"), ("oo", "u"), ("ou", "ow")),
    *(("ow", "ou"), ("er", "or"), ("or", "er"), ("er", "ar"), ("ar", "er"), ("ence", "ance"), ("ance", "ence")),
    *(("ible", "able"), ("able", "ible"), ("y", "i"), ("i", "y"), ("a", "e"), ("e", "a"), ("e", "i"), ("i", "e")),
)
"""Pieces of English words that people take for each other."""
DOUBLED = frozenset("bdfglmnprst")
"""Consonants that English doubles."""


class PhoneticTypos(TextMethod):
    """One word spelt otherwise with the same sound: pieces that sound alike exchanged, a consonant doubled or made single.

    A spelling is taken if it has the word's Metaphone code (Philips 1990), which tells English words apart by their consonants.
    Words of four Latin letters and more (a to z) are touched.
    """

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        found = [(start, end, sound_alikes(text[start:end])) for start, end in latin_words(text)]
        found = [word for word in found if word[2]]
        if not found:
            return text
        start, end, others = random.choice(found)
        return text[:start] + random.choice(others) + text[end:]


def sound_alikes(word: str) -> list[str]:
    """Other spellings of a word with the same sound, sorted."""
    lower = word.lower()
    made = set()
    for old, new in SPELLINGS:
        place = lower.find(old)
        while place >= 0:
            made.add(word[:place] + new + word[place + len(old) :])
            place = lower.find(old, place + 1)
    for place in range(1, len(word)):
        if lower[place] == lower[place - 1]:
            made.add(word[:place] + word[place + 1 :])
        elif lower[place] in DOUBLED and lower[place] not in lower[place + 1 : place + 2]:
            made.add(word[:place] + word[place] + word[place:])
    code = metaphone(lower)
    return sorted(other for other in made if other.lower() != lower and metaphone(other.lower()) == code)
