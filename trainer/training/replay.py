"""Old training pages among new ones, so that what was learned from them is kept."""

from dataclasses import dataclass

import numpy as np

from trainer.data.continued_log import OF_BASE
from trainer.data.pages import Pages


@dataclass(frozen=True)
class Replayed:
    """Pages that a continued run is trained on.

    Attributes:
        pages: the new ones, and the old ones that were drawn, in the order given.
        new: how many are new.
        old: how many are old.
        of: how many old ones there were to draw from.
    """

    pages: Pages
    new: int
    old: int
    of: int

    def in_words(self) -> str:
        """One sentence."""
        share = self.old / max(self.new + self.old, 1)
        return f"{self.new:,} new training pages and {self.old:,} of {self.of:,} old ones ({share:.0%} replay)"


def replayed(pages: Pages, share: float, seed: int) -> Replayed:
    """Draw old pages so that they make up a share of all; every one where there are too few.

    Args:
        pages: training pages, old and new, told apart by the column ``of_base``.
        share: of the old pages among those that are returned, below 1.
        seed: of the draw.
    """
    old = pages.table[OF_BASE].to_numpy(bool)
    new = int((~old).sum())
    count = min(round(new * share / (1 - share)), int(old.sum()))
    drawn = np.random.default_rng(seed).choice(np.flatnonzero(old), count, replace=False)
    chosen = np.sort(np.concatenate([np.flatnonzero(~old), drawn]))
    return Replayed(pages.take(chosen), new, count, int(old.sum()))
