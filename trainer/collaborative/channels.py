"""The lists that the tables give for pages, in NumPy: what the channels of a bundle do in the graph."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from trainer.collaborative.ranking import ranked
from trainer.data.splits import normalise_query
from trainer.metrics.listed import NOTHING


def memory_lists(memory: pd.DataFrame, queries: pd.Series, item_ids: np.ndarray, length: int) -> np.ndarray:
    """Items remembered for each query.

    Args:
        memory: ``query``, ``item_id``, ``rank`` and ``score``, as `query_memory` gives it.
        queries: of the pages [P], as they were typed.
        item_ids: ids by row of the items table, str [I]; items that it lacks are left out.
        length: C.

    Returns:
        Item rows, int64 [P, C], best first, -1 pads.
    """
    codes, known = pd.factorize(memory["query"])
    table = _table(codes, _rows(memory["item_id"], item_ids), -memory["rank"].to_numpy(), len(known), length)
    return _looked_up(table, pd.Index(known).get_indexer(normalise_query(queries).to_numpy(object)))


def popular_lists(popular: pd.DataFrame, categories: Sequence[str], item_ids: np.ndarray, length: int) -> np.ndarray:
    """What is popular in a category.

    Args:
        popular: ``item_id``, ``score`` and ``category``, as `popularity` gives it.
        categories: of the pages [P]; ``""`` for all items, and so is a category that is not known.
        item_ids: ids by row of the items table, str [I].
        length: C.

    Returns:
        Item rows, int64 [P, C], best first, -1 pads.
    """
    codes, known = pd.factorize(popular["category"])
    table = _table(codes, _rows(popular["item_id"], item_ids), popular["score"].to_numpy(), len(known), length)
    place = pd.Index(known).get_indexer(np.asarray(categories, object))
    every = pd.Index(known).get_indexer(np.array([""], object))[0]
    return _looked_up(table, np.where(place == -1, every, place))


def neighbour_lists(neighbours: pd.DataFrame, histories: pd.Series, item_ids: np.ndarray, length: int) -> np.ndarray:
    """Items near those that a user clicked: scores added up over the history, which is itself left out.

    Args:
        neighbours: ``item_id``, ``neighbour_id``, ``score`` of one kind, as `find_neighbours` gives it.
        histories: lists of item ids [P], the most recent first.
        item_ids: ids by row of the items table, str [I].
        length: C.

    Returns:
        Item rows, int64 [P, C], best first, -1 pads.
    """
    count = len(item_ids)
    from_row, to_row = (_rows(neighbours[name], item_ids) for name in ("item_id", "neighbour_id"))
    known = (from_row != NOTHING) & (to_row != NOTHING)
    scores = neighbours["score"].to_numpy(np.float64)[known]
    near = sparse.csr_matrix((scores, (from_row[known], to_row[known])), shape=(count, count))
    sizes = histories.map(len).to_numpy(np.int64)
    page = np.repeat(np.arange(len(histories)), sizes)
    clicked = _rows(pd.Series([i for h in histories for i in h], dtype=object), item_ids)
    there = clicked != NOTHING
    cells = (np.ones(there.sum()), (page[there], clicked[there]))
    held = sparse.csr_matrix(cells, shape=(len(histories), count))
    found = (held @ near).tocoo()
    mine = held.tocoo()
    fresh = ~np.isin(found.row.astype(np.int64) * count + found.col, mine.row.astype(np.int64) * count + mine.col)
    row, item, score = (values[fresh] for values in (found.row, found.col, found.data))
    return _table(row, item, score, len(histories), length)


def _rows(ids: pd.Series, item_ids: np.ndarray) -> np.ndarray:
    return pd.Index(item_ids).get_indexer(ids.to_numpy(object)).astype(np.int64)


def _table(group: np.ndarray, item: np.ndarray, score: np.ndarray, groups: int, length: int) -> np.ndarray:
    """The best items of each group, int64 [groups, length]."""
    there = item != NOTHING
    group, item, score = group[there], item[there], score[there]
    order, rank = ranked(group, score, item, length)
    table = np.full((groups, length), NOTHING, np.int64)
    table[group[order], rank - 1] = item[order]
    return table


def _looked_up(table: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Rows of a table; -1 gives an empty one."""
    return np.concatenate([table, np.full((1, table.shape[1]), NOTHING, np.int64)])[place]
