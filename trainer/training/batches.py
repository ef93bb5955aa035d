"""Batches of pages: a plan of which pages go together, and their tensors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from trainer.data.declared_tasks import PREFIX
from trainer.data.pages import Pages
from trainer.model.ranker import REWRITTEN, TEACHING
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.tables import Tables

TEXT_MULTIPLE = 8
ROW_MULTIPLE = 16


@dataclass(frozen=True)
class PageBatches:
    """Makes training batches; each distinct query, item and pair of a batch is there once.

    Args:
        pages: what is trained on.
        tables: tokens and preprocessed features of the items and pages.
        pages_per_batch: P.
        group_queries: whether pages of one query go together, so that their items are encoded once.
        pairs: whether the interaction encodes query and item in one sequence.
        fixed_shapes: whether sizes are rounded up generously, for XLA, which compiles each shape anew.
        seed: of the order of pages.
        texts: gives an epoch's rewritten texts; without it, and outside `from_step`, texts are as they are.
    """

    pages: Pages
    tables: Tables
    pages_per_batch: int
    group_queries: bool
    pairs: bool
    fixed_shapes: bool
    seed: int
    texts: AugmentedTexts | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Batches an epoch."""
        return -(-len(self.pages) // self.pages_per_batch)

    def plan(self, epoch: int) -> list[np.ndarray]:
        """Which pages go together in an epoch.

        Pages whose texts are about equally long are neighbours; so are, with ``group_queries``, pages of one query. The order
        of the batches is random.

        Args:
            epoch: from 0.

        Returns:
            One int array of page indices a batch; each page is in one batch.
        """
        random = np.random.default_rng([self.seed, epoch])
        lengths = self.tables.item_length[self.pages.item]
        mean = np.add.reduceat(lengths, self.pages.offset[:-1]) / np.maximum(self.pages.sizes, 1)
        query = self.tables.query_of_page
        if self.group_queries:
            total = np.bincount(query, weights=mean)
            mean = (total / np.maximum(np.bincount(query), 1))[query]
        bucket = np.round(mean + random.uniform(-4, 4), 0) // TEXT_MULTIPLE
        group = random.permutation(query.max() + 1)[query] if self.group_queries else np.zeros_like(query)
        order = np.lexsort((random.random(len(query)), group, bucket))
        batches = np.split(order, np.arange(self.pages_per_batch, len(order), self.pages_per_batch))
        return [batches[index] for index in random.permutation(len(batches))]

    def batch(self, chosen: np.ndarray, tables: Tables | None = None) -> dict[str, np.ndarray]:
        """The tensors of the chosen pages; see `trainer.model.ranker.Ranker.call`.

        Args:
            chosen: indices of the pages.
            tables: what to gather from; by default those with the texts as they are.
        """
        tables = tables or self.tables
        part = self.pages.take(chosen)
        sizes = part.sizes
        mask = np.arange(self.width)[None, :] < sizes[:, None]
        items, flat_row = np.unique(part.item, return_inverse=True)

        def spread(values: np.ndarray, fill: float, dtype: type) -> np.ndarray:
            out: np.ndarray = np.full(mask.shape, fill, dtype)
            out[mask] = values
            return out

        item_row = spread(flat_row, 0, np.int32)
        item_rows = self._round(len(items))
        batch: dict[str, np.ndarray] = {
            "item_row": item_row,
            "mask": mask,
            "position": spread(part.position, 0, np.int32),
            "clicked": spread(part.clicked, -1.0, np.float32),
            "purchased": spread(part.purchased, -1.0, np.float32),
            "relevance": spread(tables.relevance_share(part.relevance), np.nan, np.float32),
        }
        if tables.item_vectors is None:
            batch["item_tokens"] = pad_tokens(tables.item_tokens[items], item_rows, tables.pad, self.fixed_shapes)
        else:
            batch["item_vectors"] = pad_rows(tables.item_vectors[items], item_rows)
        for name, values in part.labels.items():
            batch[PREFIX + name] = spread(values, np.nan, np.float32)
        asked = {"": (tables.query_tokens, tables.query_of_page)}
        for prefix, beside in ((REWRITTEN, tables.rewritten), (TEACHING, tables.teaching)):
            if beside is not None:
                asked[prefix] = (beside.tokens, beside.of_page)
        for prefix, (tokens, of_page) in asked.items():
            queries, query_row = np.unique(of_page[chosen], return_inverse=True)
            query_rows = len(chosen) if self.fixed_shapes else len(queries)
            if tables.query_vectors is None:
                batch[f"{prefix}query_tokens"] = pad_tokens(tokens[queries], query_rows, tables.pad, self.fixed_shapes)
            else:
                batch[f"{prefix}query_vectors"] = pad_rows(tables.query_vectors[queries], query_rows)
            batch[f"{prefix}query_row"] = query_row.astype(np.int32)
            if not self.pairs:
                continue
            pair = query_row.astype(np.int64)[part.page_of_impression] * len(items) + flat_row
            distinct, pair_row = np.unique(pair, return_inverse=True)
            fill = self._round(len(distinct)) - len(distinct)
            batch[f"{prefix}pair_query"] = np.pad(distinct // len(items), (0, fill)).astype(np.int32)
            batch[f"{prefix}pair_item"] = np.pad(distinct % len(items), (0, fill)).astype(np.int32)
            batch[f"{prefix}pair_row"] = spread(pair_row, 0, np.int32)
        for name, values in tables.item_features.items():
            batch[f"item.{name}"] = pad_rows(values[items], item_rows)
        for prefix, features in (("user", tables.user_features), ("context", tables.context_features)):
            for name, values in features.items():
                batch[f"{prefix}.{name}"] = values[chosen]
        for name, rows in tables.sequences.items():
            known = rows[chosen] >= 0
            batch[f"sequence.{name}"] = np.where(known[..., None], tables.memory[rows[chosen]], 0.0).astype(np.float32)
            batch[f"sequence_mask.{name}"] = known
        return batch

    def _round(self, rows: int) -> int:
        multiple = 4 * ROW_MULTIPLE if self.fixed_shapes else 1
        return -(-rows // multiple) * multiple

    @property
    def width(self) -> int:
        """N, items of the longest page."""
        return int(self.pages.sizes.max())

    def from_step(self, step: int) -> Iterator[dict[str, np.ndarray]]:
        """Batches from a global step on, without end; the same for the same seed wherever one starts."""
        while True:
            epoch, skip = divmod(step, self.steps_per_epoch)
            tables = self._tables_of(epoch)
            for chosen in self.plan(epoch)[skip:]:
                yield self.batch(chosen, tables)
                step += 1

    def _tables_of(self, epoch: int) -> Tables:
        return self.tables if self.texts is None else self.texts.epoch(epoch)

    def dataset(self, step: int) -> tf.data.Dataset:
        """`from_step` as a tf.data pipeline that prepares the next batches while one is trained on."""
        # Of the epoch that comes next: texts of another would be rewritten for this alone.
        tables = self._tables_of(step // self.steps_per_epoch)
        example = self.batch(np.arange(min(2, len(self.pages))), tables)
        signature = {
            name: tf.TensorSpec([None] * min(value.ndim, 2) + list(value.shape[2:]), tf.as_dtype(value.dtype))
            for name, value in example.items()
        }
        return tf.data.Dataset.from_generator(lambda: self.from_step(step), output_signature=signature).prefetch(4)


def pad_tokens(tokens: np.ndarray, rows: int, pad: int, fixed: bool) -> np.ndarray:
    """Cut columns that are all padding to a multiple of 8 (not at all for fixed shapes), and add rows.

    Added rows hold a copy of the first, so that no row is empty.

    Args:
        tokens: int32 [B, L]
        rows: B of the result.
        pad: the id of the padding.
        fixed: whether to keep all L columns.
    """
    if not fixed:
        longest = int((tokens != pad).sum(axis=1).max())
        tokens = tokens[:, : -(-longest // TEXT_MULTIPLE) * TEXT_MULTIPLE]
    return np.concatenate([tokens, np.repeat(tokens[:1], rows - len(tokens), axis=0)])


def pad_rows(values: np.ndarray, rows: int) -> np.ndarray:
    """Add rows of zeros.

    Args:
        values: [B, ...]
        rows: B of the result.
    """
    return np.pad(values, [(0, rows - len(values))] + [(0, 0)] * (values.ndim - 1))
