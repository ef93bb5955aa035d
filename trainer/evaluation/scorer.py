"""Scores of pages by a Ranker: each text encoded once, pages padded and masked."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.config import Experiment
from trainer.data.declared_tasks import PREFIX
from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores, TaskPrediction
from trainer.evaluation.text_memory import TextMemory
from trainer.model.ranker import Ranker
from trainer.score.outputs import PageOutputs
from trainer.text.packing import TextPacker
from trainer.training.batches import pad_tokens
from trainer.training.tables import Tables, build_tables

TEXTS_AT_ONCE = 64
CANDIDATES_AT_ONCE = 16_384


class RankerScorer:
    """Scores flat impressions with a Ranker.

    Args:
        experiment: whose score ranks.
        ranker: the model.
        packers: ``query`` and ``item``.
        zero_shot: whether to score by the cosine of the texts alone.
        outputs: from logits to probabilities and score; by default the experiment's, without calibration.
        memory: of the texts that were encoded before, where the weights stay as they are; scorers of one model may share it.
    """

    def __init__(
        self,
        experiment: Experiment,
        ranker: Ranker,
        packers: dict[str, TextPacker],
        zero_shot: bool = False,
        outputs: PageOutputs | None = None,
        memory: TextMemory | None = None,
    ) -> None:
        self.experiment, self.ranker, self.packers, self.zero_shot = experiment, ranker, packers, zero_shot
        self.memory = memory
        answers = outputs or PageOutputs.of(experiment, ranker.item_features.statistics)
        tokens = tf.TensorSpec([None, None], tf.int32)
        self._encode = tf.function(
            lambda t: ranker.encode(t, training=False), input_signature=[tokens], autograph=False
        )
        self._pairs = tf.function(
            lambda q, i: ranker.encode_pairs(q, i, training=False), input_signature=[tokens, tokens], autograph=False
        )

        def answer(page: dict) -> dict:
            logits = ranker.page_logits(page, training=False)
            declared = ranker.declared_predictions(logits)
            return answers(logits, page) | {PREFIX + name: values for name, values in declared.items()}

        self._page = tf.function(answer, reduce_retracing=True, autograph=False)

    def __call__(self, pages: Pages, items: pd.DataFrame) -> Scores:
        """Score pages.

        Args:
            pages: the pages.
            items: the items table that the pages' rows point into.

        Returns:
            The scores of the M impressions.
        """
        if not len(pages):
            return Scores(score=np.zeros(0, np.float32))
        tables = build_tables(self.experiment, self.ranker, self.packers, items, pages)
        vectors = self.item_vectors(tables, np.union1d(pages.item, tables.remembered))
        return self.score(pages, tables, vectors)

    def item_vectors(self, tables: Tables, rows: np.ndarray) -> np.ndarray:
        """Unit vectors of the given items, float32 [I, D]; zeros elsewhere."""
        out = np.zeros((len(tables.item_tokens), self.ranker.encoder.width), np.float32)
        out[rows] = self.vectors(tables.item_tokens[rows], tables.pad)
        return out

    def vectors(self, tokens: np.ndarray, pad: int) -> np.ndarray:
        """Unit vectors of packed texts, float32 [B, D], encoded in order of length."""
        if self.memory is None:
            return self._encoded(tokens, pad)
        return self.memory(tokens, lambda new: self._encoded(new, pad))

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Within it the weights stay as they are, and each text is encoded once; a memory that is there goes on."""
        before = self.memory
        if before is None:
            self.memory = TextMemory()
        try:
            yield
        finally:
            self.memory = before

    def _encoded(self, tokens: np.ndarray, pad: int) -> np.ndarray:
        out = np.zeros((len(tokens), self.ranker.encoder.width), np.float32)
        for chosen in by_length(tokens, pad):
            out[chosen] = self._encode(pad_tokens(tokens[chosen], len(chosen), pad, False)).numpy()
        return out

    def score(self, pages: Pages, tables: Tables, vectors: np.ndarray) -> Scores:
        """Score pages whose items are encoded already."""
        queries = self.vectors(tables.query_tokens, tables.pad)
        query_of = tables.query_of_page
        if self.zero_shot:
            flat = query_of[pages.page_of_impression]
            return Scores(score=np.einsum("md,md->m", queries[flat], vectors[pages.item]))
        tables = dataclasses.replace(tables, memory=vectors)
        pair_vectors, pair_row = self._pair_vectors(pages, tables)
        asked = pages.table["query"].fillna("").astype(str).to_numpy(object)
        out: dict[str, np.ndarray] = {}
        order = np.argsort(pages.sizes, kind="stable")
        for chosen in chunks_by_size(order, pages.sizes):
            part = pages.take(chosen)
            mask = np.arange(part.sizes.max())[None, :] < part.sizes[:, None]
            rows = np.zeros(mask.shape, np.int64)
            rows[mask] = part.item
            page = {
                "query": queries[query_of[chosen]],
                "items": vectors[rows],
                "item_features": {k: v[rows] for k, v in tables.item_features.items()},
                "columns": {k: v[rows] for k, v in tables.item_columns.items()},
                "query_text": asked[chosen],
                "user_features": {k: v[chosen] for k, v in tables.user_features.items()},
                "context_features": {k: v[chosen] for k, v in tables.context_features.items()},
                "sequences": {
                    name: (
                        np.where(ids[chosen][..., None] >= 0, vectors[ids[chosen]], 0.0).astype(np.float32),
                        ids[chosen] >= 0,
                    )
                    for name, ids in tables.sequences.items()
                },
            }
            flat = np.repeat(pages.offset[:-1][chosen] - part.offset[:-1], part.sizes) + np.arange(part.offset[-1])
            if pair_vectors is not None:
                pairs = np.zeros((*mask.shape, pair_vectors.shape[1]), np.float32)
                pairs[mask] = pair_vectors[pair_row[flat]]
                page["pairs"] = pairs
            result = self._page(tf.nest.map_structure(tf.constant, page))
            for name, values in result.items():
                out.setdefault(name, np.zeros(len(pages.item), np.float32))[flat] = values.numpy()[mask]
        declared = {
            task.name: TaskPrediction(task.config, out.pop(PREFIX + task.name)) for task in self.ranker.declared
        }
        return Scores(**out, declared=declared)

    def _pair_vectors(self, pages: Pages, tables: Tables) -> tuple[np.ndarray | None, np.ndarray]:
        if not self.ranker.interaction.needs_pairs:
            return None, np.zeros(0, np.int64)
        pair = tables.query_of_page[pages.page_of_impression] * len(tables.item_tokens) + pages.item
        distinct, pair_row = np.unique(pair, return_inverse=True)
        query, item = distinct // len(tables.item_tokens), distinct % len(tables.item_tokens)
        out = np.zeros((len(distinct), self.ranker.encoder.width), np.float32)
        for chosen in by_length(tables.item_tokens[item], tables.pad):
            out[chosen] = self._pairs(
                pad_tokens(tables.query_tokens[query[chosen]], len(chosen), tables.pad, False),
                pad_tokens(tables.item_tokens[item[chosen]], len(chosen), tables.pad, False),
            ).numpy()
        return out, pair_row


def by_length(tokens: np.ndarray, pad: int) -> list[np.ndarray]:
    """Indices of packed texts in groups of about equal length."""
    order = np.argsort((tokens != pad).sum(axis=1), kind="stable")
    return np.split(order, np.arange(TEXTS_AT_ONCE, len(order), TEXTS_AT_ONCE)) if len(order) else []


def chunks_by_size(order: np.ndarray, sizes: np.ndarray) -> list[np.ndarray]:
    """Pages in order of size, in groups that hold a bounded number of padded candidates."""
    chunks, start = [], 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * sizes[order[stop]] <= CANDIDATES_AT_ONCE:
            stop += 1
        chunks.append(order[start:stop])
        start = stop
    return chunks
