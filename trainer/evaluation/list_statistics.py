"""All metrics of lists by name."""

from dataclasses import dataclass

import numpy as np

from trainer.data.pages import Pages
from trainer.metrics.hit_rate import hit_rate
from trainer.metrics.intra_list_diversity import intra_list_diversity
from trainer.metrics.list_mrr import list_mrr
from trainer.metrics.list_ndcg import list_ndcg
from trainer.metrics.listed import NOTHING
from trainer.metrics.new_item_share import new_item_share
from trainer.metrics.novelty import novelty
from trainer.metrics.page_metrics import Statistic
from trainer.metrics.ratio import Ratio
from trainer.metrics.recall import recall


@dataclass(frozen=True)
class ItemFacts:
    """What is known of the items.

    Attributes:
        clicks: on training pages, float [I].
        new: on no training page, bool [I].
        vectors: of the items, float [I, W], or None; diversity is measured by them.
    """

    clicks: np.ndarray
    new: np.ndarray
    vectors: np.ndarray | None = None

    @classmethod
    def of(cls, training: Pages, items: int, vectors: np.ndarray | None = None) -> "ItemFacts":
        """Count on training pages.

        Args:
            training: pages of the log; an item of a log of clicks is new when it has no click there.
            items: I, rows of the items table.
            vectors: of the items, float [I, W].
        """
        clicks = np.bincount(training.item, weights=training.clicked == 1, minlength=items)
        # Sampled negatives have no position: that they are on a page says nothing.
        shown = np.bincount(training.item[(training.position > 0) | (training.clicked == 1)], minlength=items)
        return cls(clicks, shown == 0, vectors)


def list_statistics(listed: np.ndarray, pages: Pages, k: int, facts: ItemFacts | None = None) -> dict[str, Statistic]:
    """What lists reach on pages of a log.

    Args:
        listed: item rows of each page, int [P, C], best first, -1 pads.
        pages: P pages; the clicked items are the relevant ones.
        k: places that count.
        facts: of the items; without them only what clicks tell is measured.

    Returns:
        ``recall@k``, ``hit_rate@k``, ``ndcg@k``, ``mrr@k``, ``answered`` (share of pages with a list that is not empty); with
        facts ``novelty@k``, ``new_items@k`` and, with vectors, ``diversity@k``.
    """
    clicked = pages.clicked == 1
    item, offset = pages.item[clicked], np.concatenate([[0], np.cumsum(clicked)])[pages.offset]
    answered = (listed != NOTHING).any(axis=1)
    found: dict[str, Statistic] = {
        f"recall@{k}": recall(listed, item, offset, k),
        f"hit_rate@{k}": hit_rate(listed, item, offset, k),
        f"ndcg@{k}": list_ndcg(listed, item, offset, k),
        f"mrr@{k}": list_mrr(listed, item, offset, k),
        "answered": Ratio(answered.astype(np.float64), np.ones(len(answered))),
    }
    if facts is not None:
        found[f"novelty@{k}"] = novelty(listed, facts.clicks, k)
        found[f"new_items@{k}"] = new_item_share(listed, facts.new, k)
        if facts.vectors is not None:
            found[f"diversity@{k}"] = intra_list_diversity(listed, facts.vectors, k)
    return found
