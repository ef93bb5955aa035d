"""Negatives that are hard to tell from clicks: items whose text fits the query."""

import bm25s
import numpy as np
import pandas as pd

from trainer.data.pages import Pages
from trainer.data.splits import normalise_query
from trainer.evaluation.baselines import WORDS

QUERIES_AT_ONCE = 1024


def hard_negatives(pages: Pages, texts: pd.Series, need: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best matches of each page's query by BM25 that no page of the query holds (Karpukhin et al. 2020).

    Args:
        pages: P training pages of clicks; the items of all pages of one query are left out on each of them.
        texts: of the I items.
        need: how many a page, int64 [P]; fewer are found where fewer items share a word with the query.

    Returns:
        Page and item, int64 [n] each, by page, best first.
    """
    query_of_page, queries = pd.factorize(normalise_query(pages.table["query"]))
    most = np.zeros(len(queries), np.int64)
    np.maximum.at(most, query_of_page, need)
    held = np.unique(query_of_page[pages.page_of_impression] * len(texts) + pages.item)
    query, item = best_matches(list(queries), texts, int(most.max(initial=0)), held)
    start = np.searchsorted(query, np.arange(len(queries) + 1))
    found = np.minimum(need, np.diff(start)[query_of_page])
    page = np.repeat(np.arange(len(pages)), found)
    place = np.arange(len(page)) - np.repeat(np.cumsum(found) - found, found)
    return page, item[start[query_of_page[page]] + place]


def best_matches(queries: list[str], texts: pd.Series, most: int, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best matches of queries by BM25.

    Args:
        queries: Q of them.
        texts: of the I items.
        most: matches of a query; fewer where fewer items share a word with it.
        held: pairs to leave out, query * I + item, int64 [n].

    Returns:
        Query and item, int64 [n] each, by query, best first.
    """
    nothing = np.zeros(0, np.int64)
    corpus = bm25s.tokenize(texts.fillna("").tolist(), stopwords=None, token_pattern=WORDS, show_progress=False)
    if not most or not queries or not len(corpus.vocab):
        return nothing, nothing
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    count = len(texts)
    holds = np.bincount(held // count, minlength=len(queries))
    parts = []
    for first in range(0, len(queries), QUERIES_AT_ONCE):
        asked = queries[first : first + QUERIES_AT_ONCE]
        # As many more as a query holds already, so that enough are left without them.
        deepest = int(min(count, most + holds[first : first + len(asked)].max()))
        words = bm25s.tokenize(asked, stopwords=None, token_pattern=WORDS, show_progress=False, return_ids=False)
        found = index.retrieve(words, k=deepest, show_progress=False)
        query = np.repeat(np.arange(first, first + len(asked)), deepest)
        items, score = np.asarray(found.documents, np.int64).ravel(), np.asarray(found.scores).ravel()
        fits = (score > 0) & ~np.isin(query * count + items, held)
        query, items = query[fits], items[fits]
        rank = np.arange(len(query)) - np.searchsorted(query, query, "left")
        parts.append((query[rank < most], items[rank < most]))
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))  # type: ignore[return-value]
