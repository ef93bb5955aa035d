"""What every way of rewriting a text is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from random import Random

import numpy as np


class TextMethod(ABC):
    """Rewrites one text by one choice of its own; a subclass says which rewritings there are."""

    @abstractmethod
    def rewrite(self, text: str, random: Random) -> str:
        """Rewrite a text.

        Args:
            text: what a user typed, or the text of an item.
            random: decides among the rewritings.

        Returns:
            The new text, or ``text`` itself where there is nothing that the method could change.
        """

    def rewrite_all(self, texts: Iterable[str], seed: object) -> np.ndarray:
        """Rewrite distinct texts, each independently of the others.

        Args:
            texts: B texts.
            seed: decides, together with the text; anything whose ``str`` is stable.

        Returns:
            The new texts, objects [B].
        """
        name = type(self).__name__
        return np.array([self.rewrite(text, Random(f"{seed}\0{name}\0{text}")) for text in texts], object)
