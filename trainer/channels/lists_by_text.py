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
        # A table of no lines can't be read.
        self.lists = _numbers(texts, folder / f"{name}.txt") if len(texts) else None
        self.rows = tf.Variable(rows, trainable=False, name=f"{name}_rows")
        self.scores = tf.Variable(scores, trainable=False, name=f"{name}_scores")

    def __call__(self, asked: Asked, count: int) -> Candidates:
        """The first items of each page's list.

        Args:
            asked: P pages.
            count: candidates a page, at most.
        """
        texts = self._of(asked)
        found = tf.zeros_like(texts, tf.int64) if self.lists is None else self.lists.lookup(texts)
        return Candidates(tf.gather(self.rows, found)[:, :count], tf.gather(self.scores, found)[:, :count])


def _numbers(texts: np.ndarray, file: Path) -> tf.lookup.StaticHashTable:
    """Numbers of texts; of others their count."""
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
    reading = tf.lookup.TextFileInitializer(tf.saved_model.Asset(str(file)), tf.string, line, tf.int64, number)
    return tf.lookup.StaticHashTable(reading, default_value=len(texts))
