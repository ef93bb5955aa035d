"""Text similarity as a plain search engine sees it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

BLOCK = 200_000


class LexicalIndex:
    """TF-IDF of queries and item texts, rows of length 1.

    Args:
        texts: item texts [items].
        queries: queries [Q].
    """

    def __init__(self, texts: pd.Series, queries: NDArray[np.str_]) -> None:
        vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+", dtype=np.float64)
        vectorizer.fit(pd.concat([texts, pd.Series(queries)], ignore_index=True))
        self._items: csr_matrix = vectorizer.transform(texts)
        self._queries: csr_matrix = vectorizer.transform(queries)

    def against_all(self, rows: slice) -> NDArray[np.float64]:
        """Similarity of some queries to every item.

        Args:
            rows: which queries, q of them.

        Returns:
            float [q, items], 0..1.
        """
        return (self._queries[rows] @ self._items.T).toarray()

    def of_candidates(self, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        """Similarity of every query to its candidates, standardised within the query.

        Args:
            candidates: int [Q, M], rows of the items; -1 pads.

        Returns:
            float [Q, M], 0 where padded or where no candidate differs.
        """
        real = candidates >= 0
        query, _ = np.nonzero(real)
        item = candidates[real]
        found = [
            np.asarray(self._queries[query[k : k + BLOCK]].multiply(self._items[item[k : k + BLOCK]]).sum(axis=1))
            for k in range(0, len(item), BLOCK)
        ]
        score = np.zeros(candidates.shape)
        score[real] = np.concatenate(found).ravel()
        count = real.sum(axis=1, keepdims=True)
        mean = score.sum(axis=1, keepdims=True) / count
        centred = np.where(real, score - mean, 0.0)
        spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
        return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)
