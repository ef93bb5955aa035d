"""The two towers: plain TensorFlow, so that what is trained is what is served."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from trainer.retrieval.declared import DeclaredVectors

SHORTEST = 0.1
"""Vectors shorter than this are not stretched to length 1: where all is 0 there is no direction to learn from."""

Layers = list[tuple[tf.Variable, tf.Variable]]


class QueryTower(tf.Module):
    """From query, user and history to a unit vector.

    Before training it is the query's text, projected; without a query, the mean text of the history; without either, the mean
    text of what was clicked. What is learned is added to it, and starts at 0.

    Args:
        projection: of text vectors, float32 [D, W].
        item_text: text vectors of the items, float32 [I, D].
        clicked: clicks of the items on training pages, float [I].
        users: users with a vector of their own (U).
        user_width: width of those.
        declared: the user features.
        hidden: widths of the hidden layers.
        random: of the initial weights.
    """

    def __init__(
        self,
        projection: np.ndarray,
        item_text: np.ndarray,
        clicked: np.ndarray,
        users: int,
        user_width: int,
        declared: DeclaredVectors,
        hidden: Sequence[int],
        random: np.random.Generator,
    ) -> None:
        super().__init__(name="query_tower")
        depth, width = projection.shape
        self.projection = tf.Variable(projection, trainable=False, name="projection")
        # Row 0 stands for no item, and for no user.
        texts = np.concatenate([np.zeros((1, width), np.float32), item_text @ projection])
        centre = clicked @ texts[1:] / max(clicked.sum(), 1.0)
        self.centre = tf.Variable(centre.astype(np.float32), trainable=False, name="centre")
        self.history_text = tf.Variable(texts, trainable=False, name="history_text")
        self.history_learned = tf.Variable(np.zeros_like(texts), name="history_learned")
        self.users = tf.Variable(random.normal(0, 0.05, (users + 1, user_width)).astype(np.float32), name="users")
        self.declared = declared
        self.layers = dense_layers([depth + 2 * width + user_width + declared.width, *hidden, width], random)

    def __call__(
        self,
        text: tf.Tensor,
        user: tf.Tensor,
        history: tf.Tensor,
        features: Mapping[str, tf.Tensor],
    ) -> tf.Tensor:
        """Vectors of pages.

        Args:
            text: of the queries, float32 [P, D]; zeros where there is none.
            user: rows int64 [P], 0 where unknown.
            history: rows of items int64 [P, H], the most recent first, 0 where there is none.
            features: of the users, as `DeclaredFeatures` makes them ready, [P, ...].

        Returns:
            Unit vectors, float32 [P, W].
        """
        known = tf.cast(history > 0, tf.float32)
        texts = tf.gather(self.history_text, history)
        learned = tf.gather(self.history_learned, history) * known[..., None]
        count = tf.reduce_sum(known, axis=1, keepdims=True)
        mean_text = tf.math.divide_no_nan(tf.reduce_sum(texts, axis=1), count)
        mean = mean_text + tf.math.divide_no_nan(tf.reduce_sum(learned, axis=1), count)
        latest = tf.reduce_sum((texts + learned)[:, :1], axis=1)
        own = tf.gather(self.users, user) * tf.cast(user > 0, tf.float32)[:, None]
        asked = tf.reduce_any(text != 0.0, axis=1, keepdims=True)
        start = tf.where(asked, text @ self.projection, tf.where(count > 0.0, mean_text, self.centre))
        x = tf.concat([text, mean, latest, own, *self.declared(features)], axis=1)
        return unit(start + run_layers(self.layers, x))


class ItemTower(tf.Module):
    """From an item's text, features and id to a unit vector; before training, its text, projected.

    Args:
        projection: of text vectors, float32 [D, W].
        known: items with a vector of their own (V).
        declared: the item features.
        hidden: widths of the hidden layers.
        random: of the initial weights.
    """

    def __init__(
        self,
        projection: np.ndarray,
        known: int,
        declared: DeclaredVectors,
        hidden: Sequence[int],
        random: np.random.Generator,
    ) -> None:
        super().__init__(name="item_tower")
        depth, width = projection.shape
        self.projection = tf.Variable(projection, trainable=False, name="projection")
        self.learned = tf.Variable(np.zeros((known + 1, width), np.float32), name="learned")
        self.declared = declared
        self.layers = dense_layers([depth + declared.width, *hidden, width], random)

    def __call__(self, text: tf.Tensor, known: tf.Tensor, features: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Vectors of items.

        Args:
            text: float32 [N, D]; zeros where there is none.
            known: rows int64 [N], 0 where training had too few clicks.
            features: as `DeclaredFeatures` makes them ready, [N, ...].

        Returns:
            Unit vectors, float32 [N, W].
        """
        own = tf.gather(self.learned, known) * tf.cast(known > 0, tf.float32)[:, None]
        x = tf.concat([text, *self.declared(features)], axis=1)
        return unit(text @ self.projection + own + run_layers(self.layers, x))


def unit(x: tf.Tensor) -> tf.Tensor:
    """Vectors of length 1; those below `SHORTEST` stay shorter."""
    return tf.math.l2_normalize(x, axis=1, epsilon=SHORTEST**2)


def text_projection(item_text: np.ndarray, width: int) -> np.ndarray:
    """The W directions that keep the most of the items' text vectors: products with them change as little as can be.

    Args:
        item_text: float32 [I, D]
        width: W; where it exceeds D, the rest is zeros, and nothing changes at all.

    Returns:
        float32 [D, W] with orthonormal columns.
    """
    _, vectors = np.linalg.eigh(item_text.T.astype(np.float64) @ item_text)
    kept = vectors[:, ::-1][:, :width]
    return np.pad(kept, [(0, 0), (0, width - kept.shape[1])]).astype(np.float32)


def dense_layers(widths: Sequence[int], random: np.random.Generator) -> Layers:
    """Weights and biases of layers: Glorot and Bengio (2010), the last one zeros."""
    layers = []
    for number, (rows, columns) in enumerate(itertools.pairwise(widths)):
        bound = np.sqrt(6.0 / (rows + columns)) if number < len(widths) - 2 else 0.0
        kernel = random.uniform(-1.0, 1.0, (rows, columns)) * bound
        layers.append(
            (
                tf.Variable(kernel.astype(np.float32), name=f"kernel_{number}"),
                tf.Variable(np.zeros(columns, np.float32), name=f"bias_{number}"),
            )
        )
    return layers


def run_layers(layers: Layers, x: tf.Tensor) -> tf.Tensor:
    """Layers with rectifiers between them."""
    for number, (kernel, bias) in enumerate(layers):
        x = x @ kernel + bias
        if number < len(layers) - 1:
            x = tf.nn.relu(x)
    return x
