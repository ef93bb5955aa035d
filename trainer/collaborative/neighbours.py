"""Items that the same users, or the same queries, brought clicks and purchases, by the `implicit` library."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from implicit.utils import ParameterWarning
from scipy import sparse
from threadpoolctl import threadpool_limits

from trainer.collaborative.interactions import Interactions, with_two_items
from trainer.collaborative.ranking import ranked
from trainer.config import CollaborativeConfig

RECOMMENDERS = {"cosine": CosineRecommender, "bm25": BM25Recommender, "queries": BM25Recommender}
ITEMS_AT_ONCE = 4096


def find_neighbours(
    interactions: Interactions,
    item_ids: np.ndarray,
    config: CollaborativeConfig,
    seed: int,
    said: Callable[[str], None] = lambda line: None,
) -> pd.DataFrame:
    """Tables of neighbours of every kind that the configuration names.

    Items that nobody had to do with have no neighbours and are no one's neighbour; scores of 0 and below are left out.

    Args:
        interactions: weights of users and items, and of queries and items.
        item_ids: ids by column of their matrices, str [I].
        config: kinds, sizes, factors and threads.
        seed: of the first factors.
        said: called with what is being done.

    Returns:
        ``item_id``, ``neighbour_id``, ``score``, ``rank`` (1 for the nearest) and ``kind``, in the order of the items.
        Kinds whose rows have no two items are not in it. ``cosine``, ``bm25`` and ``queries`` after Deshpande and Karypis,
        2004; ``als`` after Hu, Koren and Volinsky, 2008.
    """
    parts = [_table(item_ids[:0], item_ids[:0], np.zeros(0), np.zeros(0), "")]
    # Threads of BLAS beside those of the library slow it down several times.
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)
        for kind in config.kinds:
            matrix = interactions.queries if kind == "queries" else interactions.users
            if not with_two_items(matrix):
                continue
            said(f"neighbours of items ({kind})")
            if kind == "als":
                item, neighbour, score = _by_factors(matrix, config, seed, said)
            else:
                item, neighbour, score = _by_rows(matrix, kind, config)
            kept = (item != neighbour) & (score > 0)
            order, rank = ranked(item[kept], score[kept], neighbour[kept], config.neighbours)
            item, neighbour, score = (values[kept][order] for values in (item, neighbour, score))
            parts.append(_table(item_ids[item], item_ids[neighbour], score, rank, kind))
    return pd.concat(parts, ignore_index=True)


def _by_rows(
    matrix: sparse.csr_matrix, kind: str, config: CollaborativeConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # One more than wanted, as an item is near itself.
    model = RECOMMENDERS[kind](K=config.neighbours + 1, num_threads=config.threads)
    model.fit(matrix.astype(np.float64), show_progress=False)
    similarity = model.similarity.tocoo()
    return similarity.row.astype(np.int64), similarity.col.astype(np.int64), similarity.data


def _by_factors(
    matrix: sparse.csr_matrix, config: CollaborativeConfig, seed: int, said: Callable[[str], None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    model = AlternatingLeastSquares(
        factors=config.als.factors,
        iterations=config.als.iterations,
        regularization=config.als.regularization,
        alpha=config.als.alpha,
        num_threads=config.threads,
        random_state=seed,
    )
    of = config.als.iterations
    model.fit(
        matrix,
        show_progress=False,
        callback=lambda n, *rest: said(f"neighbours of items (als, iteration {n + 1} of {of})"),
    )
    rows = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
    wanted = min(config.neighbours + 1, matrix.shape[1])
    near, score = [], []
    for start in range(0, len(rows), ITEMS_AT_ONCE):
        ids, scores = model.similar_items(rows[start : start + ITEMS_AT_ONCE], N=wanted)
        near.append(ids)
        score.append(scores)
    neighbour = np.concatenate(near).astype(np.int64)
    return np.repeat(rows, neighbour.shape[1]), neighbour.ravel(), np.concatenate(score).ravel()


def _table(item: np.ndarray, neighbour: np.ndarray, score: np.ndarray, rank: np.ndarray, kind: str) -> pd.DataFrame:
    """A part of the table; empty ones have the types of the others."""
    return pd.DataFrame(
        {
            "item_id": pd.Series(item, dtype="str"),
            "neighbour_id": pd.Series(neighbour, dtype="str"),
            "score": score.astype(np.float32),
            "rank": rank.astype(np.int32),
            "kind": pd.Series(kind, index=range(len(item)), dtype="str"),
        }
    )
