"""The texts of an epoch, some of them rewritten, as token tables of their own."""

import dataclasses

import numpy as np
import pandas as pd

from trainer.augmentation.build import build_text_methods
from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.text.packing import TextPacker
from trainer.training.tables import AskedQueries, Tables, in_chunks, query_texts

MOST_WORDS = 3


class AugmentedTexts:
    """Rewrites distinct queries and items once an epoch, so that the pages that ask one version of a query share its encoding.

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
        self.config = config = experiment.augmentation
        self.methods = list(zip(config.methods, build_text_methods(config, items), strict=True))
        first = np.unique(tables.query_of_page, return_index=True)[1]
        self._asked = pages.table.iloc[first].reset_index(drop=True)
        self._queries = self._asked["query"].fillna("").astype(str).to_numpy(object)
        self._pages = pages
        self._shown = np.unique(pages.item)
        self._item_texts = items["text"].fillna("").to_numpy(object)[self._shown]
        self._last: tuple[int, Tables] | None = None

    def epoch(self, number: int) -> Tables:
        """The tables of an epoch, whose token tables hold the rewritten texts; with self-teaching the queries are apart.

        Args:
            number: from 0.
        """
        if not self.methods:
            return self.tables
        if self._last is None or self._last[0] != number:
            self._last = (number, self._packed(number))
        return self._last[1]

    def queries(self, epoch: int) -> np.ndarray:
        """The R versions of each of Q queries in an epoch, one version of all after another, objects [R * Q]."""
        versions = range(self.config.rewritings)
        return np.concatenate([self._rewritten(self._queries, "queries", epoch, version) for version in versions])

    def items(self, epoch: int) -> np.ndarray:
        """The texts of the items that the pages show, in an epoch, objects."""
        return self._rewritten(self._item_texts, "items", epoch)

    def in_words(self) -> str:
        """How many texts the first epoch rewrites."""
        queries, versions = self.queries(0), self.config.rewritings
        changed = (queries != np.tile(self._queries, versions)).sum()
        items = (self.items(0) != self._item_texts).sum()
        each = f" ({versions:,} versions of each)" if versions > 1 else ""
        taught = f"; {len(self.item_queries(0)[0]):,} pages teach words of items" if self.config.item_queries else ""
        return (
            f"augmentation: {changed:,} of {len(queries):,} queries{each} and {items:,} of {len(self._shown):,} items "
            f"rewritten in the first epoch{taught}"
        )

    def _rewritten(self, texts: np.ndarray, kind: str, epoch: int, version: int = 0) -> np.ndarray:
        texts = texts.copy()
        seed, epoch_seed = self.experiment.seed, [epoch, version] if version else [epoch]
        for place, (config, method) in enumerate(self.methods):
            random = np.random.default_rng([seed, *epoch_seed, place, kind == "items"])
            chosen = random.random(len(texts)) < getattr(config, kind)
            texts[chosen] = method.rewrite_all(texts[chosen], " ".join(map(str, [seed, *epoch_seed, place])))
        return texts

    def item_queries(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Queries made of words of items, in an epoch.

        Args:
            epoch: from 0.

        Returns:
            The pages that are asked with them, int64 [M], and one to three words in a row of the text of one of the items
            of each, objects [M]. Pages whose item has no words are left out.
        """
        random = np.random.default_rng([self.experiment.seed, epoch, len(self.methods), ord("i")])
        pages = np.flatnonzero(random.random(len(self._pages)) < self.config.item_queries)
        offset = self._pages.offset
        item = self._pages.item[offset[pages] + (random.random(len(pages)) * self._pages.sizes[pages]).astype(np.int64)]
        words = [text.split() for text in self._item_texts[np.searchsorted(self._shown, item)]]
        length, place = random.integers(1, MOST_WORDS + 1, len(pages)), random.random(len(pages))
        start = [int(at * max(len(w) - n + 1, 1)) for w, n, at in zip(words, length, place, strict=True)]
        texts = [" ".join(w[s : s + n]) for w, s, n in zip(words, start, length, strict=True)]
        there = np.array([bool(text) for text in texts], bool)
        return pages[there], np.array(texts, object)[there]

    def _taught(self, epoch: int, rewritten: AskedQueries) -> tuple[AskedQueries, AskedQueries | None]:
        """The queries that learn and, where they are not the typed ones alone, those that teach them."""
        if not self.config.item_queries:
            return rewritten, None
        pages, texts = self.item_queries(epoch)
        asked = self._pages.table.iloc[pages]

        def extended(queries: AskedQueries, texts: np.ndarray) -> AskedQueries:
            of_page = queries.of_page.copy()
            of_page[pages] = len(queries.tokens) + np.arange(len(pages))
            whole = query_texts(asked.assign(query=texts), self.experiment).to_numpy(object)
            return AskedQueries(np.concatenate([queries.tokens, in_chunks(self.packers["query"], whole)]), of_page)

        typed = AskedQueries(self.tables.query_tokens, self.tables.query_of_page)
        changed = self._rewritten(texts, "queries", epoch, self.config.rewritings)
        return extended(rewritten, changed), extended(typed, texts)

    def _versions_of_pages(self, epoch: int) -> np.ndarray:
        """The row of each page among the rewritten queries of an epoch, int64 [P]."""
        rows, versions = self.tables.query_of_page, self.config.rewritings
        if versions == 1:
            return rows
        random = np.random.default_rng([self.experiment.seed, epoch, len(self.methods), versions])
        return rows + len(self._queries) * random.integers(versions, size=len(rows))

    def _packed(self, epoch: int) -> Tables:
        """The tables with the rows of the changed texts packed anew."""
        queries, items = self.queries(epoch), self.items(epoch)
        versions = self.config.rewritings
        query_tokens, item_tokens = np.tile(self.tables.query_tokens, (versions, 1)), self.tables.item_tokens.copy()
        changed = queries != np.tile(self._queries, versions)
        if changed.any():
            asked = pd.concat([self._asked] * versions)[changed].assign(query=queries[changed])
            query_tokens[changed] = in_chunks(
                self.packers["query"], query_texts(asked, self.experiment).to_numpy(object)
            )
        changed = items != self._item_texts
        if changed.any():
            item_tokens[self._shown[changed]] = in_chunks(self.packers["item"], items[changed])
        rows = self._versions_of_pages(epoch)
        if self.config.self_teaching:
            rewritten, teaching = self._taught(epoch, AskedQueries(query_tokens, rows))
            return dataclasses.replace(self.tables, item_tokens=item_tokens, rewritten=rewritten, teaching=teaching)
        return dataclasses.replace(self.tables, query_tokens=query_tokens, query_of_page=rows, item_tokens=item_tokens)
