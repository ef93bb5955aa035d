"""How much each task takes of each expert, over a sample of the validation pages."""

from typing import Any

import numpy as np
import tensorflow as tf

from trainer.config import Experiment
from trainer.data.prepared import Prepared
from trainer.evaluation.scorer import RankerScorer
from trainer.model.ranker import Ranker
from trainer.training.batches import PageBatches
from trainer.training.tables import build_tables

SAMPLED_PAGES = 32


class GateWeights:
    """Mean gate weights over the candidates of some validation pages; of the training pages where there are no others.

    Args:
        experiment: the experiment.
        prepared: the pages.
        ranker: whose head may have gates.
        scorer: of the same model.
    """

    def __init__(self, experiment: Experiment, prepared: Prepared, ranker: Ranker, scorer: RankerScorer) -> None:
        self.ranker, self.scorer, self.batches = ranker, scorer, None
        if not any(ranker.head.gate_names(task) for task in ranker.tasks):
            return
        pages = prepared.pages if prepared.pages is not None else prepared.judged
        assert pages is not None
        pages = next(part for name in ("valid", "train") if len(part := pages.split(name)))
        chosen = np.random.default_rng(experiment.seed).permutation(len(pages))[:SAMPLED_PAGES]
        pages = pages.take(np.sort(chosen))
        tables = build_tables(experiment, ranker, scorer.packers, prepared.items, pages)
        pairs = ranker.interaction.needs_pairs
        self.batches = PageBatches(pages, tables, len(pages), True, pairs, False, experiment.seed)

    def measure(self) -> dict[str, dict[str, float]]:
        """The mean weight of each expert by task, adding up to 1; empty for heads without experts."""
        if self.batches is None:
            return {}
        tables = self.batches.tables
        tables.memory[:] = self.scorer.item_vectors(tables, tables.remembered)
        batch = self.batches.batch(np.arange(len(self.batches.pages)))
        page = self.ranker.page_of({name: tf.constant(value) for name, value in batch.items()}, training=False)
        gates = self.ranker.head.gates(self.ranker.candidate_vectors(page))
        found = {}
        for task, weights in gates.items():
            means = np.asarray(weights, np.float64)[batch["mask"]].mean(axis=0)
            found[task] = dict(zip(self.ranker.head.gate_names(task), means.tolist(), strict=True))
        return found


def write_gates(writer: Any, step: int, weights: dict[str, dict[str, float]]) -> None:
    """Show the weights in TensorBoard, as ``gates/<task>/<expert>``.

    Args:
        writer: of TensorBoard events.
        step: of the training.
        weights: as `GateWeights.measure` gives them.
    """
    with writer.as_default(step=step):
        for task, experts in weights.items():
            for expert, weight in experts.items():
                tf.summary.scalar(f"gates/{task}/{expert}", weight)
