"""What BM25 finds among all items."""

import numpy as np
import pandas as pd

from trainer.data.hard_negatives import best_matches
from trainer.data.splits import normalise_query
from trainer.metrics.listed import NOTHING


def bm25_lists(queries: pd.Series, texts: pd.Series, length: int) -> np.ndarray:
    """The best matches of each query among all items by BM25 (Robertson and Zaragoza, 2009; Lù, 2024).

    Args:
        queries: of the pages [P].
        texts: of the items [I].
        length: C.

    Returns:
        Item rows, int64 [P, C], best first, -1 pads; items that share no word with the query are left out.
    """
    query_of_page, known = pd.factorize(normalise_query(queries))
    query, item = best_matches(list(known), texts, length, np.zeros(0, np.int64))
    table = np.full((len(known), length), NOTHING, np.int64)
    table[query, np.arange(len(query)) - np.searchsorted(query, query, "left")] = item
    return table[query_of_page]
