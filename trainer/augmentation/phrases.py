"""Phrases that stand for others, exchanged one at a time."""

from abc import abstractmethod
from random import Random

from trainer.augmentation.method import TextMethod

LONGEST_PHRASE = 4


class PhraseExchange(TextMethod):
    """Puts another phrase in place of one that the text holds; a subclass knows which.

    The text is read from its start, the longest known phrase first, so that no part of a longer phrase is exchanged. Words are
    parted by white space and compared in lower case.
    """

    @abstractmethod
    def others(self, phrase: str) -> list[str] | None:
        """What a phrase may be exchanged for; empty to leave it as it is, None where it is not known.

        Args:
            phrase: words in lower case, one space between.
        """

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        words = text.split()
        found: list[tuple[int, int, list[str]]] = []
        start = 0
        while start < len(words):
            end, others = self._longest(words, start)
            if others:
                found.append((start, end, others))
            start = end
        if not found:
            return text
        start, end, others = random.choice(found)
        return " ".join([*words[:start], random.choice(others), *words[end:]])

    def _longest(self, words: list[str], start: int) -> tuple[int, list[str]]:
        for end in range(min(len(words), start + LONGEST_PHRASE), start, -1):
            others = self.others(" ".join(words[start:end]).lower())
            if others is not None:
                return end, others
        return start + 1, []
