"""Batches of clicks with negatives drawn from the whole catalogue beside the batch's own."""

from collections.abc import Iterator

import numpy as np

from trainer.retrieval.material import USER, Material


class ClickBatches:
    """Batches of training clicks.

    The other items of a batch are negatives in the measure of their clicks; items drawn uniformly join them, so that items
    without a click are pushed away too (mixed negative sampling, Yang et al. 2020).

    Args:
        material: what is trained on.
    """

    def __init__(self, material: Material) -> None:
        self.material, self.config = material, material.config
        self.clicks = material["train"]
        self.share = material.training_counts / max(len(self.clicks), 1)

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return -(-len(self.clicks) // self.config.batch)

    def epoch(self, number: int) -> Iterator[dict[str, np.ndarray]]:
        """The batches of an epoch; the same for the same seed."""
        random = np.random.default_rng([self.material.seed, number])
        order = random.permutation(self.clicks)
        for start in range(0, len(order), self.config.batch):
            clicks = order[start : start + self.config.batch]
            asked = random.random(len(clicks)) >= self.config.without_query
            drawn = random.integers(0, len(self.material.item_ids), self.config.uniform_negatives)
            items = np.concatenate([self.material["item"][clicks], drawn])
            pages = page_inputs(self.material, self.material["page"][clicks])
            yield pages | {
                "asked": asked,
                "items": items,
                "weight": self.material["weight"][clicks],
                "probability": self.probability(items, len(clicks)),
            }

    def probability(self, items: np.ndarray, clicks: int) -> np.ndarray:
        """The expected share of items in a batch, float32 of the same shape.

        Args:
            items: rows of items.
            clicks: of the batch.
        """
        drawn = self.config.uniform_negatives
        mixed = clicks * self.share[items] + drawn / len(self.material.item_ids)
        return (mixed / (clicks + drawn)).astype(np.float32)


def page_inputs(material: Material, pages: np.ndarray) -> dict[str, np.ndarray]:
    """What the query tower reads of pages."""
    inputs = {name: material[name][pages] for name in ("query", "user", "history")}
    return inputs | {USER + name: values for name, values in material.features(USER, pages).items()}
