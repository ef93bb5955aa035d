"""Words in another order."""

from random import Random

from trainer.augmentation.method import TextMethod

RATE = 0.1


class WordSwap(TextMethod):
    """Neighbouring words exchanged, once for every ten words, one exchange at least. Words are parted by white space."""

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        words = text.split()
        places = [n for n in range(len(words) - 1) if words[n] != words[n + 1]]
        if not places:
            return text
        for place in random.sample(places, max(1, round(RATE * len(places)))):
            words[place], words[place + 1] = words[place + 1], words[place]
        return " ".join(words)
