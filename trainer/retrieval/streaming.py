"""The exact nearest items of a catalogue that need not fit into memory: part by part, the best so far are kept."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import tensorflow as tf

ITEMS_AT_ONCE = 65_536

Part = tuple[np.ndarray, np.ndarray]


def streaming_top_k(queries: np.ndarray, parts: Iterable[Part], k: int) -> tuple[np.ndarray, np.ndarray]:
    """The best items of each query.

    Args:
        queries: float32 [P, W]
        parts: ids, str [B], and vectors, float32 [B, W], of some items after others.
        k: how many.

    Returns:
        Ids, str [P, k'], and scores, float32 [P, k'], best first; k' is k, or all items where there are fewer.
    """
    ids = np.empty((len(queries), 0), object)
    scores = np.empty((len(queries), 0), np.float32)
    for names, vectors in parts:
        found, place = tf.math.top_k(queries @ vectors.T, min(k, len(names)))
        ids = np.concatenate([ids, np.asarray(names, object)[place.numpy()]], axis=1)
        scores = np.concatenate([scores, found.numpy()], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        ids, scores = np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
    return ids, scores


def vector_parts(path: Path, items_at_once: int = ITEMS_AT_ONCE) -> Iterator[Part]:
    """The items of an ``items.parquet``, some at once.

    Args:
        path: columns ``item_id`` and ``vector``.
        items_at_once: B, at most.
    """
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(items_at_once, columns=["item_id", "vector"]):
            flat = batch["vector"].flatten().to_numpy()
            yield batch["item_id"].to_numpy(zero_copy_only=False), flat.reshape(batch.num_rows, -1)
