"""Finds the nearest items, in a process that holds nothing else: ``python -m tools.benchmarks.nearest_items faiss|graph``.

Both on one thread, so that neither gains from cores that the other leaves idle.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.benchmarks.rounds import answer_rounds

ITEMS, WIDTH, K, QUERIES, SEED = 200_000, 64, 100, 50, 1


def made() -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of items, float32 [200000, 64], and of queries, float32 [50, 64]."""
    random = np.random.default_rng(SEED)
    drawn = random.normal(size=(ITEMS + QUERIES, WIDTH)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn[:ITEMS], drawn[ITEMS:]


def faiss_search(items: np.ndarray) -> Callable[[np.ndarray], Any]:
    """FAISS, flat index of inner products."""
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    return lambda query: index.search(query, K)[::-1]


def graph_search(items: np.ndarray) -> Callable[[np.ndarray], Any]:
    """The index that bundles hold."""
    import tensorflow as tf

    from trainer.retrieval.brute_force import BruteForce

    index = BruteForce(items)
    search = tf.function(lambda q: index(q, K), input_signature=[tf.TensorSpec([None, items.shape[1]], tf.float32)])
    return lambda query: [found.numpy() for found in search(tf.constant(query))]


SEARCHES = {"faiss": faiss_search, "graph": graph_search}


def main(way: str) -> None:
    """Answer rounds of calls of one query each; a call ends when rows and scores are NumPy arrays."""
    items, queries = made()
    if way == "graph":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    search = SEARCHES[way](items)
    answer_rounds(lambda number: search(queries[number % QUERIES][None, :]))


if __name__ == "__main__":
    main(sys.argv[1])
