"""What is popular of late."""

import numpy as np
import pandas as pd

from trainer.collaborative.weights import age_in_days, decay, kind_weights
from trainer.config import CollaborativeConfig, TaskConfig
from trainer.data.pages import Pages

EVERY = ""
"""The category of all items."""


def popularity(pages: Pages, items: pd.DataFrame, config: CollaborativeConfig, tasks: list[TaskConfig]) -> pd.DataFrame:
    """Interactions of each item, halved with each half-life of their age.

    Pages without a user count too.

    Args:
        pages: P training pages of the log; the newest is now.
        items: the items table that they point into.
        config: weights by kind, and the half-life and category of popularity.
        tasks: the declared tasks.

    Returns:
        ``item_id``, ``score`` and ``category``: ``""`` for all items, then each category for itself; the most popular first
        in each, items without interactions left out.
    """
    weight = kind_weights(pages, config.weights, tasks)
    weight *= decay(age_in_days(pages.table["timestamp"]), config.popularity.half_life_days)[pages.page_of_impression]
    score = np.bincount(pages.item, weights=weight, minlength=len(items))
    seen = np.flatnonzero(score > 0)
    seen = seen[np.argsort(-score[seen], kind="stable")]
    every = pd.DataFrame({"item_id": items["item_id"].to_numpy(object)[seen], "score": score[seen], "category": EVERY})
    if config.popularity.category is None:
        return every
    category = items[config.popularity.category].iloc[seen].reset_index(drop=True)
    known = (category.notna() & (category.astype(object) != EVERY)).to_numpy()
    parted = every[known].assign(category=category[known].astype(str))
    return pd.concat([every, parted.sort_values("category", kind="stable")], ignore_index=True)
