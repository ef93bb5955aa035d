"""Slips of the fingers on a keyboard."""

from random import Random

from trainer.augmentation.letters import latin_words
from trainer.augmentation.method import TextMethod

ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
REACH = 1.3


def _neighbours() -> dict[str, str]:
    """Keys within ``REACH`` of a key's width of each letter's key on a QWERTY keyboard, whose rows are shifted."""
    places = {key: (shift + n, row) for row, (keys, shift) in enumerate(ROWS) for n, key in enumerate(keys)}
    return {
        key: "".join(
            other
            for other, (ox, oy) in places.items()
            if other != key and ((ox - x) ** 2 + (oy - y) ** 2) ** 0.5 <= REACH
        )
        for key, (x, y) in places.items()
    }


NEIGHBOURS = _neighbours()


class KeyboardTypos(TextMethod):
    """One slip in one word: a letter left out, two in the wrong order, a neighbouring key in place of a letter or after it.

    The four kinds are those of Damerau (1964), each as likely as the others; neighbours are those of a QWERTY keyboard. Words
    of four Latin letters and more (a to z) are touched, never at their first letter, which people seldom miss (Yannakoudakis
    and Fawthrop 1983). Digits stay: another size or model number is another wish.
    """

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        words = latin_words(text)
        if not words:
            return text
        start, end = random.choice(words)
        word = text[start:end]
        slips = [self._omit, self._replace, self._insert]
        if len(set(word[1:])) > 1:
            slips.append(self._transpose)
        return text[:start] + random.choice(slips)(word, random) + text[end:]

    @staticmethod
    def _omit(word: str, random: Random) -> str:
        place = random.randrange(1, len(word))
        return word[:place] + word[place + 1 :]

    @staticmethod
    def _replace(word: str, random: Random) -> str:
        place = random.randrange(1, len(word))
        return word[:place] + _beside(word[place], random) + word[place + 1 :]

    @staticmethod
    def _insert(word: str, random: Random) -> str:
        place = random.randrange(1, len(word))
        return word[: place + 1] + _beside(word[place], random) + word[place + 1 :]

    @staticmethod
    def _transpose(word: str, random: Random) -> str:
        place = random.choice([n for n in range(1, len(word) - 1) if word[n] != word[n + 1]])
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _beside(letter: str, random: Random) -> str:
    """A neighbouring key, in the case of the letter."""
    other = random.choice(NEIGHBOURS[letter.lower()])
    return other.upper() if letter.isupper() else other
