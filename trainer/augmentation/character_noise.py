"""Characters that go astray, whatever the script."""

from random import Random

from trainer.augmentation.letters import plain_words
from trainer.augmentation.method import TextMethod

RATE = 0.1


class CharacterNoise(TextMethod):
    """A tenth of the letters, one at least, left out, doubled, or replaced by another letter of the text.

    Unlike the slips of a keyboard it knows no script and spares no first letter. Words of four letters and more are touched;
    letters with combining marks, digits and what is written beside digits are not.
    """

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        places = [place for start, end in plain_words(text) for place in range(start, end)]
        if not places:
            return text
        letters = list(text)
        known = sorted({letters[place] for place in places})
        for place in random.sample(places, max(1, round(RATE * len(places)))):
            letter = letters[place]
            others = [other for other in known if other != letter]
            letters[place] = random.choice(["", 2 * letter, *([random.choice(others)] if others else [])])
        return "".join(letters)
