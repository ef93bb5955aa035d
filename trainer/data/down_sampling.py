"""Training pages with fewer of the impressions that were not clicked."""

import numpy as np

from trainer.data.page_building import keep_impressions
from trainer.data.pages import Pages


def down_sample(pages: Pages, rate: float, seed: int) -> Pages:
    """Keep a share of the impressions without a click, drawn by chance; all others stay.

    The loss corrects the click logit for it (He et al. 2014). Pages that lose every impression are left out.

    Args:
        pages: P training pages.
        rate: the share that is kept, in (0, 1].
        seed: of the draws.
    """
    if rate >= 1.0:
        return pages
    kept = (pages.clicked != 0) | (np.random.default_rng(seed).random(len(pages.clicked)) < rate)
    thinned = keep_impressions(pages, kept)
    return thinned.take(thinned.sizes > 0)
