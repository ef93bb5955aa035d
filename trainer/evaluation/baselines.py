"""Rankers to compare with: random order, the logged order, popularity and BM25."""

import bm25s
import numpy as np
import pandas as pd
from scipy import sparse

from trainer.data.pages import Pages
from trainer.evaluation.scores import RankerFunction, Scores

RANDOM = "random"
PRIOR_IMPRESSIONS = 20.0
PAIRS_AT_ONCE = 50_000
WORDS = r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+"
"""A word, or one character of Chinese."""


def baselines(training: Pages | None, items: pd.DataFrame, log: str) -> dict[str, RankerFunction]:
    """The baselines that need no model, by name.

    Args:
        training: training pages of the log, or None where there is no log; then nothing is popular.
        items: the items table that the training pages point into.
        log: ``impressions`` or ``clicks``: what the log holds.

    Returns:
        Callables of pages and the items table that those point into.
    """
    rankers: dict[str, RankerFunction] = {"BM25": Bm25()}
    if training is not None:
        rankers["popularity"] = Popularity(training, items, log)
    return rankers | {"logged order": logged_order, RANDOM: random_order}


def random_order(pages: Pages, items: pd.DataFrame) -> Scores:
    """Every order alike: equal scores, for which the metrics give the mean over all orders."""
    return Scores(score=np.zeros(len(pages.item), np.float32))


def logged_order(pages: Pages, items: pd.DataFrame) -> Scores:
    """The order that users saw; NaN where the position is unknown."""
    return Scores(score=np.where(pages.position > 0, -pages.position, np.nan).astype(np.float32))


class Popularity:
    """Clicks of an item on training pages, whatever the query.

    For a log of impressions, the click rate (clicks + 20 * overall rate) / (impressions + 20); for a log of clicks, the
    clicks. Items that the training pages do not show get 0.

    Args:
        training: P training pages.
        items: the items table that they point into.
        log: ``impressions`` or ``clicks``.
    """

    def __init__(self, training: Pages, items: pd.DataFrame, log: str) -> None:
        shown = np.bincount(training.item, minlength=len(items)).astype(np.float64)
        clicks = np.bincount(training.item, weights=training.clicked == 1, minlength=len(items))
        if log == "impressions":
            rate = clicks.sum() / max(shown.sum(), 1.0)
            value = np.where(shown > 0, (clicks + PRIOR_IMPRESSIONS * rate) / (shown + PRIOR_IMPRESSIONS), 0.0)
        else:
            value = clicks
        self._by_id = pd.Series(value, index=items["item_id"].to_numpy(object))

    def __call__(self, pages: Pages, items: pd.DataFrame) -> Scores:
        """Score pages; items are known by their ids."""
        value = self._by_id.reindex(items["item_id"].to_numpy(object)).fillna(0.0).to_numpy()
        return Scores(score=value[pages.item].astype(np.float32))


class Bm25:
    """BM25 of the query against the items' text, over words in lower case (Robertson and Zaragoza, 2009; Lù, 2024).

    Weights come from all items of the table; only the candidates of the pages are scored.
    """

    def __call__(self, pages: Pages, items: pd.DataFrame) -> Scores:
        """Score pages."""
        query_of_page, queries = pd.factorize(pages.table["query"])
        words, texts = _words(queries.tolist()), _words(items["text"].fillna("").tolist())
        if not len(texts.vocab) or not len(pages.item):
            return Scores(score=np.zeros(len(pages.item), np.float32))
        index = bm25s.BM25()
        index.index(texts, show_progress=False)
        weights = sparse.csc_matrix(
            (index.scores["data"], index.scores["indices"], index.scores["indptr"]),
            shape=(len(items), len(index.scores["indptr"]) - 1),
        ).tocsr()
        asked = _asked(words, index.vocab_dict, weights.shape[1])
        pairs, place = np.unique(query_of_page[pages.page_of_impression] * len(items) + pages.item, return_inverse=True)
        score = np.empty(len(pairs), np.float32)
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            query, item = np.divmod(pairs[start : start + PAIRS_AT_ONCE], len(items))
            matches = asked[query].multiply(weights[item])
            score[start : start + PAIRS_AT_ONCE] = np.asarray(matches.sum(axis=1)).ravel()
        return Scores(score=score[place])


def _words(texts: list[str]) -> bm25s.tokenization.Tokenized:
    return bm25s.tokenize(texts, token_pattern=WORDS, stopwords=None, show_progress=False, return_ids=True)


def _asked(words: bm25s.tokenization.Tokenized, vocabulary: dict[str, int], width: int) -> sparse.csr_matrix:
    """How often each query asks for each word of the index, [queries, width]."""
    to_index = np.full(max(words.vocab.values(), default=-1) + 1, -1, np.int64)
    for word, number in words.vocab.items():
        to_index[number] = vocabulary.get(word, -1)
    query = np.repeat(np.arange(len(words.ids)), [len(ids) for ids in words.ids])
    word = to_index[np.concatenate([np.asarray(ids, np.int64) for ids in words.ids])]
    known = (word >= 0) & (word < width)
    ones = np.ones(known.sum(), np.float32)
    return sparse.csr_matrix((ones, (query[known], word[known])), shape=(len(words.ids), width))
