"""Texts of a training in which nothing of the Encoder is trained: encoded once, not at each step."""

import dataclasses

import numpy as np
from rich.console import Console

from trainer.config import Experiment
from trainer.evaluation.encoding import encode_texts
from trainer.evaluation.scorer import RankerScorer
from trainer.model.ranker import Ranker
from trainer.training.tables import Tables


def can_encode_once(experiment: Experiment, ranker: Ranker) -> bool:
    """Whether the vectors of all texts stay as they are through a training.

    They don't where query and item are encoded in one sequence, where texts are rewritten anew each epoch, or where embedded
    tokens or kernels are perturbed.

    Args:
        experiment: what is trained.
        ranker: after `trainer.text.finetuning.limit_training`.
    """
    still = not ranker.encoder.drops_units and not ranker.interaction.needs_pairs
    return still and not experiment.augmentation.methods and experiment.adversarial.method == "none"


def encode_once(tables: Tables, scorer: RankerScorer, shown: np.ndarray, console: Console) -> Tables:
    """The tables with the vectors of their texts, which batches then hold in place of the tokens.

    Args:
        tables: of the training pages.
        scorer: of the model that is trained.
        shown: rows of the items that the pages show, without repetition.
        console: where progress is shown.
    """
    queries = encode_texts(scorer, tables.query_tokens, tables.pad, "queries", console)
    items = np.zeros((len(tables.item_tokens), scorer.ranker.encoder.width), np.float32)
    items[shown] = encode_texts(scorer, tables.item_tokens[shown], tables.pad, "items", console)
    console.print(
        f"nothing of the encoder is trained: {len(queries):,} queries and {len(shown):,} items encoded once",
        soft_wrap=True,
        highlight=False,
    )
    return dataclasses.replace(tables, query_vectors=queries, item_vectors=items)
