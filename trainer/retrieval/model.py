"""The towers and their loss as a model of TensorFlow Recommenders; only the child process imports this."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs
import tf_keras

from trainer.retrieval.declared import DeclaredVectors
from trainer.retrieval.material import ITEM, USER, Material
from trainer.retrieval.towers import ItemTower, QueryTower, text_projection

ITEMS_AT_ONCE = 4096


class TwoTower(tfrs.Model):
    """In-batch softmax over cosines, corrected for how often each item is drawn (Yi et al. 2019).

    Args:
        material: what is trained on.
    """

    def __init__(self, material: Material) -> None:
        super().__init__()
        config, random = material.config, np.random.default_rng([material.seed, 1 << 20])
        projection = text_projection(material["item_text"], config.width)
        of_users = DeclaredVectors(material.user_features, material.statistics.get("users", {}), random)
        of_items = DeclaredVectors(material.item_features, material.statistics.get("items", {}), random)
        # === Layers ===
        self.query_tower = QueryTower(
            projection,
            material["item_text"],
            material.training_counts,
            len(material.known_users),
            config.user_width,
            of_users,
            config.hidden,
            random,
        )
        self.item_tower = ItemTower(projection, len(material.known_items), of_items, config.hidden, random)
        self.task = tfrs.tasks.Retrieval(
            temperature=config.temperature,
            num_hard_negatives=config.hard_negatives,
            remove_accidental_hits=True,
        )
        # === Tables ===
        self.query_text = tf.constant(material["query_text"])
        self.item_text = tf.constant(material["item_text"])
        self.known_row = tf.constant(material.known_row)
        every = np.arange(len(material.item_ids))
        self.item_features = {name: tf.constant(v) for name, v in material.features(ITEM, every).items()}

    def queries(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """Vectors of pages, float32 [P, W]; where ``asked`` is given and false, as if nothing was typed."""
        text = tf.gather(self.query_text, batch["query"])
        if "asked" in batch:
            text *= tf.cast(batch["asked"], tf.float32)[:, None]
        features = {name.removeprefix(USER): value for name, value in batch.items() if name.startswith(USER)}
        return self.query_tower(text, batch["user"], batch["history"], features)

    def items(self, rows: tf.Tensor) -> tf.Tensor:
        """Vectors of items, float32 [N, W]."""
        features = {name: tf.gather(values, rows) for name, values in self.item_features.items()}
        return self.item_tower(tf.gather(self.item_text, rows), tf.gather(self.known_row, rows), features)

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Mean loss of the clicks of a batch, of weight 1 each where none was a purchase."""
        loss = self.task(
            self.queries(inputs),
            self.items(inputs["items"]),
            sample_weight=inputs["weight"],
            candidate_sampling_probability=inputs["probability"],
            candidate_ids=inputs["items"],
            compute_metrics=False,
        )
        return loss / tf.reduce_sum(inputs["weight"])

    def catalogue(self) -> tf.data.Dataset:
        """All rows and vectors of the items, some thousands at once."""
        rows = tf.data.Dataset.range(len(self.known_row)).batch(ITEMS_AT_ONCE)
        return rows.map(lambda some: (some, self.items(some)))


def top_k_metric(model: TwoTower, ks: list[int]) -> Any:
    """`FactorizedTopK` over the catalogue as it is embedded now; it streams over the items."""
    index = tfrs.layers.factorized_top_k.Streaming(k=max(ks)).index_from_dataset(model.catalogue())
    return tfrs.metrics.FactorizedTopK(index, ks=ks)


def optimizer(rate: float) -> Any:
    """Adam (Kingma and Ba 2015)."""
    return tf_keras.optimizers.Adam(rate)
