"""Lists of items kept under a text: what was clicked for a query, what is popular in a category."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.candidates import Candidates


class ListsByText(tf.Module):
    """Looks lists up.

    Args:
        name: of the channel.
        texts: the texts, one a list.
        rows: rows of the items, int32 [T + 1, M], padded with ``padding``; the last list is that of other texts.
        scores: float32 [T + 1, M], the highest first; 0 for padding.
        padding: the row that pads.
        of: the texts that are looked up, string [P].
        folder: where the file of texts is written until the bundle is saved.
    """

    def __init__(
        self,
        name: str,
        texts: np.ndarray,
        rows: np.ndarray,
        scores: np.ndarray,
        padding: int,
        of: Callable[[Asked], tf.Tensor],
        folder: Path,
    ) -> None:
        super().__init__(name=name)
        self.padding, self._of = padding, of
        file = folder / f"{name}.txt"
        file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        self.texts = tf.saved_model.Asset(str(file))
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        reading = tf.lookup.TextFileInitializer(self.texts, tf.string, line, tf.int64, number)
        self.lists = tf.lookup.StaticHashTable(reading, default_value=len(texts))
        self.rows = tf.Variable(rows, trainable=False, name=f"{name}_rows")
        self.scores = tf.Variable(scores, trainable=False, name=f"{name}_scores")

    def __call__(self, asked: Asked, count: int) -> Candidates:
        """The first items of each page's list.

        Args:
            asked: P pages.
            count: candidates a page, at most.
        """
        found = self.lists.lookup(self._of(asked))
        return Candidates(tf.gather(self.rows, found)[:, :count], tf.gather(self.scores, found)[:, :count])
