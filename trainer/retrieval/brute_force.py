"""The exact nearest items in the graph: one product, then the best blocks, then the best of those."""

import numpy as np
import tensorflow as tf

BLOCK = 32
"""Items a block: between one pass over all scores and a sort of many blocks."""


class BruteForce(tf.Module):
    """Finds the items of the greatest inner product with a query; exact, of stock operations only.

    The greatest k scores lie in the k blocks with the greatest maxima: `tf.math.top_k` then sees a few thousand scores and
    not the whole catalogue. Item i is in block ``i % blocks``, so that the maxima run along memory.

    Args:
        vectors: of the items, float32 [I, W]; for cosines, unit vectors.
        block: items a block.
    """

    def __init__(self, vectors: np.ndarray, block: int = BLOCK) -> None:
        super().__init__(name="brute_force")
        items, width = vectors.shape
        # At least one column of zeros at the end: the vector of the padding row.
        self.items, self.block, self.blocks = items, block, items // block + 1
        columns = np.zeros((width, self.block * self.blocks), np.float32)
        columns[:, :items] = vectors.T
        self.columns = tf.Variable(columns, trainable=False, name="columns")

    @property
    def padding(self) -> int:
        """The row that stands for no item: I."""
        return self.items

    def __call__(self, queries: tf.Tensor, k: int, exclude: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """The best items of each query.

        Args:
            queries: float32 [P, W]
            k: how many, at least 1.
            exclude: items that may not come back, bool [P, I] or [1, I].

        Returns:
            Rows int64 [P, k] and scores float32 [P, k], best first. Where fewer than k items are left, `padding` and
            minus infinity follow.
        """
        scores = tf.linalg.matmul(queries, self.columns)
        columns = self.block * self.blocks
        if exclude is not None:
            scores = tf.where(tf.pad(exclude, [[0, 0], [0, columns - self.items]]), -np.inf, scores)
        pages = tf.shape(scores)[0]
        # A block with a filled-up column may show that column's 0 as its maximum: as many more blocks are looked at.
        wanted = min(k + columns - self.items, self.blocks)
        maxima = tf.reduce_max(tf.reshape(scores, [pages, self.block, self.blocks]), axis=1)
        chosen = tf.math.top_k(maxima, wanted, sorted=False, index_type=tf.int64).indices
        starts = tf.range(self.block, dtype=tf.int64) * self.blocks
        rows = tf.reshape(starts[None, :, None] + chosen[:, None, :], [pages, self.block * wanted])
        scores = tf.where(rows < self.items, tf.gather(scores, rows, batch_dims=1), -np.inf)
        found = min(k, self.block * wanted)
        best, place = tf.math.top_k(scores, found)
        rows = tf.where(best > -np.inf, tf.gather(rows, place, batch_dims=1), self.padding)
        if found == k:
            return rows, best
        missing = [[0, 0], [0, k - found]]
        return tf.pad(rows, missing, constant_values=self.padding), tf.pad(best, missing, constant_values=-np.inf)

    def vectors(self, rows: tf.Tensor) -> tf.Tensor:
        """The vectors of rows, float32 [..., W]; zeros for `padding`."""
        return tf.gather(tf.transpose(self.columns), rows)
