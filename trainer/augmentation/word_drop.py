"""Words left out."""

from random import Random

from trainer.augmentation.method import TextMethod

RATE = 0.1


class WordDrop(TextMethod):
    """A tenth of the words, one at least, left out; texts of one word stay. Words are parted by white space."""

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        words = text.split()
        if len(words) < 2:
            return text
        dropped = set(random.sample(range(len(words)), max(1, round(RATE * len(words)))))
        return " ".join(word for place, word in enumerate(words) if place not in dropped)
