"""The items whose vectors are nearest."""

from collections.abc import Callable

import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.candidates import Candidates

Search = Callable[[tf.Tensor, int], tuple[tf.Tensor, tf.Tensor]]
"""From vectors float32 [P, W] and a count to rows int [P, C] and scores float32 [P, C], best first; the padding row for none."""


class Nearest(tf.Module):
    """The items with the greatest inner products.

    Args:
        name: of the channel.
        search: finds them.
        of: the vectors that are asked with, float32 [P, W].
        needs_query: whether a page without query gets nothing.
        padding: the row that pads.
    """

    def __init__(
        self, name: str, search: Search, of: Callable[[Asked], tf.Tensor], needs_query: bool, padding: int
    ) -> None:
        super().__init__(name=name)
        self._search, self._of, self._needs_query, self._padding = search, of, needs_query, padding

    def __call__(self, asked: Asked, count: int) -> Candidates:
        """The nearest items.

        Args:
            asked: P pages.
            count: candidates a page, at most.
        """
        rows, scores = self._search(self._of(asked), min(count, self._padding))
        rows = tf.cast(rows, tf.int32)
        if self._needs_query:
            rows = tf.where(asked.has_query[:, None], rows, self._padding)
        return Candidates(rows, tf.where(rows == self._padding, 0.0, scores))


def by_product(vectors: tf.Variable) -> Search:
    """Looks at all items but the last row, float32 [I + 1, W], which pads."""
    items = vectors.shape[0] - 1

    def search(asked: tf.Tensor, count: int) -> tuple[tf.Tensor, tf.Tensor]:
        scores, rows = tf.math.top_k(tf.matmul(asked, vectors[:items], transpose_b=True), count)
        return rows, scores

    return search
