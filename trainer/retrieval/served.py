"""The towers as SavedModels that need no Keras: strings in, vectors out."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from trainer.retrieval.declared import DeclaredFeatures, Vocabulary
from trainer.retrieval.material import Material
from trainer.retrieval.towers import ItemTower, QueryTower


class ServedQueryTower(tf.Module):
    """The query tower with its look-ups.

    Args:
        tower: trained.
        material: what it was trained on.
        folder: where vocabularies are written until the model is saved.
    """

    def __init__(self, tower: QueryTower, material: Material, folder: Path) -> None:
        super().__init__(name="served_query_tower")
        self.tower = tower
        self.item_rows = Vocabulary(material.item_ids, folder / "items_of_histories.txt")
        self.user_rows = Vocabulary(material.known_users, folder / "users.txt")
        self.ready = DeclaredFeatures(material.user_features, material.statistics.get("users", {}), folder)
        self.length = material.config.history_length
        # None and not numbers: pages, text width, items of a history.
        self.vectors = tf.function(self._vectors)
        self.vectors.get_concrete_function(
            query_vector=tf.TensorSpec([None, material["item_text"].shape[1]], tf.float32, "query_vector"),
            user_id=tf.TensorSpec([None], tf.string, "user_id"),
            history=tf.TensorSpec([None, None], tf.string, "history"),
            **self.ready.signature(),
        )

    def _vectors(self, query_vector: tf.Tensor, user_id: tf.Tensor, history: tf.Tensor, **features: Any) -> tf.Tensor:
        """Unit vectors, float32 [P, W]; see `trainer.retrieval.towers.QueryTower`."""
        # A column more, so that a page without history has a place for none.
        rows = tf.pad(self.item_rows(history[:, : self.length]), [[0, 0], [0, 1]])
        return self.tower(query_vector, self.user_rows(user_id), rows, self.ready(features))


class ServedItemTower(tf.Module):
    """The item tower with its look-ups: for items that are newer than the towers.

    Args:
        tower: trained.
        material: what it was trained on.
        folder: where vocabularies are written until the model is saved.
    """

    def __init__(self, tower: ItemTower, material: Material, folder: Path) -> None:
        super().__init__(name="served_item_tower")
        self.tower = tower
        self.known_rows = Vocabulary(material.known_items, folder / "known_items.txt")
        self.ready = DeclaredFeatures(material.item_features, material.statistics.get("items", {}), folder)
        self.vectors = tf.function(self._vectors)
        self.vectors.get_concrete_function(
            text_vector=tf.TensorSpec([None, material["item_text"].shape[1]], tf.float32, "text_vector"),
            item_id=tf.TensorSpec([None], tf.string, "item_id"),
            **self.ready.signature(),
        )

    def _vectors(self, text_vector: tf.Tensor, item_id: tf.Tensor, **features: Any) -> tf.Tensor:
        """Unit vectors, float32 [N, W]; see `trainer.retrieval.towers.ItemTower`."""
        return self.tower(text_vector, self.known_rows(item_id), self.ready(features))
