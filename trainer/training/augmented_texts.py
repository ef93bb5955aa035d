"""The texts of an epoch, some of them rewritten, as token tables of their own."""

import dataclasses

import numpy as np
import pandas as pd

from trainer.augmentation.build import build_text_methods
from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.text.packing import TextPacker
from trainer.training.tables import Tables, in_chunks, query_texts


class AugmentedTexts:
    """Rewrites distinct queries and items once an epoch, so that the pages of a query go on sharing its encoding.

    What an epoch holds follows from the seed and its number alone: a run that goes on sees what an unbroken one sees.

    Args:
        experiment: whose section ``augmentation`` says what is rewritten.
        packers: ``query`` and ``item``.
        pages: P training pages.
        items: the items table that they point into.
        tables: the tables of these pages, with the texts as they are.

    Raises:
        InputError: if a way of rewriting can't be had; see `trainer.augmentation.build`.
    """

    def __init__(
        self, experiment: Experiment, packers: dict[str, TextPacker], pages: Pages, items: pd.DataFrame, tables: Tables
    ) -> None:
        self.experiment, self.packers, self.tables = experiment, packers, tables
        config = experiment.augmentation
        self.methods = list(zip(config.methods, build_text_methods(config, items), strict=True))
        first = np.unique(tables.query_of_page, return_index=True)[1]
        self._asked = pages.table.iloc[first].reset_index(drop=True)
        self._queries = self._asked["query"].fillna("").astype(str).to_numpy(object)
        self._shown = np.unique(pages.item)
        self._item_texts = items["text"].fillna("").to_numpy(object)[self._shown]
        self._last: tuple[int, Tables] | None = None

    def epoch(self, number: int) -> Tables:
        """The tables of an epoch, whose token tables hold the rewritten texts.

        Args:
            number: from 0.
        """
        if not self.methods:
            return self.tables
        if self._last is None or self._last[0] != number:
            self._last = (number, self._packed(number))
        return self._last[1]

    def queries(self, epoch: int) -> np.ndarray:
        """The queries of an epoch, one a row of ``query_tokens``, objects [Q]."""
        return self._rewritten(self._queries, "queries", epoch)

    def items(self, epoch: int) -> np.ndarray:
        """The texts of the items that the pages show, in an epoch, objects."""
        return self._rewritten(self._item_texts, "items", epoch)

    def in_words(self) -> str:
        """How many texts the first epoch rewrites."""
        queries, items = (self.queries(0) != self._queries).sum(), (self.items(0) != self._item_texts).sum()
        return (
            f"augmentation: {queries:,} of {len(self._queries):,} queries and {items:,} of {len(self._shown):,} items "
            "rewritten in the first epoch"
        )

    def _rewritten(self, texts: np.ndarray, kind: str, epoch: int) -> np.ndarray:
        texts = texts.copy()
        seed = self.experiment.seed
        for place, (config, method) in enumerate(self.methods):
            random = np.random.default_rng([seed, epoch, place, kind == "items"])
            chosen = random.random(len(texts)) < getattr(config, kind)
            texts[chosen] = method.rewrite_all(texts[chosen], f"{seed} {epoch} {place}")
        return texts

    def _packed(self, epoch: int) -> Tables:
        """The tables with the rows of the changed texts packed anew."""
        queries, items = self.queries(epoch), self.items(epoch)
        query_tokens, item_tokens = self.tables.query_tokens.copy(), self.tables.item_tokens.copy()
        changed = queries != self._queries
        if changed.any():
            asked = self._asked[changed].assign(query=queries[changed])
            query_tokens[changed] = in_chunks(
                self.packers["query"], query_texts(asked, self.experiment).to_numpy(object)
            )
        changed = items != self._item_texts
        if changed.any():
            item_tokens[self._shown[changed]] = in_chunks(self.packers["item"], items[changed])
        return dataclasses.replace(self.tables, query_tokens=query_tokens, item_tokens=item_tokens)
