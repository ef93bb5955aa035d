"""Neighbours of the items that were clicked last."""

import numpy as np
import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.candidates import Candidates, best, merged, within


class ItemToItem(tf.Module):
    """Sums the neighbours of the history; a click counts half as much as one that is `half_life` clicks more recent.

    Args:
        name: of the channel.
        neighbours: rows of each item's neighbours, int32 [I + 1, M]; those of the padding row are padding.
        scores: float32 [I + 1, M], 0 for padding.
        half_life: in clicks.
    """

    def __init__(self, name: str, neighbours: np.ndarray, scores: np.ndarray, half_life: float) -> None:
        super().__init__(name=name)
        self.neighbours = tf.Variable(neighbours, trainable=False, name="neighbours")
        self.scores = tf.Variable(scores, trainable=False, name="neighbour_scores")
        self.half_life = half_life

    def __call__(self, asked: Asked, count: int) -> Candidates:
        """The neighbours with the highest sums, without the items of the history itself.

        Args:
            asked: P pages.
            count: candidates a page, at most.
        """
        padding = self.neighbours.shape[0] - 1
        width = self.neighbours.shape[1]
        pages, length = tf.shape(asked.history)[0], tf.shape(asked.history)[1]
        age = tf.cast(tf.range(length), tf.float32)[None, :, None]
        scores = tf.gather(self.scores, asked.history) * 0.5 ** (age / self.half_life)
        places = [pages, length * width]
        rows = tf.reshape(tf.gather(self.neighbours, asked.history), places)
        rows = tf.where(within(rows, asked.history), padding, rows)
        rows, sums = merged(rows, tf.reshape(scores, [*places, 1]), padding)
        return best(Candidates(rows, sums[:, :, 0]), count, padding)
