"""Declared features as tensors: look-ups and scaling, then embeddings."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer.config import FeatureConfig

# Keras wants names for what is unknown and at least one known value; private-use characters are no one's values.
UNKNOWN, NOTHING = "\ue000", "\ue001"


class FeatureEncoder(keras.layers.Layer):
    """Turns the declared features of one table into one vector a row.

    `preprocess` (look-ups, scaling; nothing learned) can be done once for a whole table; `call` (embeddings, projections) is
    what is learned. Both are exported.

    Args:
        features: the declared features; ``text`` and ``sequence`` are left to the encoder and the history.
        statistics: by feature name, from training pages only: ``mean``, ``std``, ``fill``, ``quantiles`` of a number,
            ``vocabulary`` of a category, ``dimension`` of an embedding.
    """

    def __init__(self, features: list[FeatureConfig], statistics: dict[str, Any], **kwargs) -> None:
        super().__init__(**kwargs)
        self.features = [f for f in features if f.kind in ("categorical", "number", "embedding")]
        self.statistics = statistics
        self.lookups: dict[str, keras.layers.Layer] = {}
        self.learned: dict[str, keras.layers.Layer] = {}
        for feature in self.features:
            known = statistics[feature.name]
            if feature.kind == "categorical":
                vocabulary = known["vocabulary"] or [NOTHING]
                self.lookups[feature.name] = keras.layers.StringLookup(
                    vocabulary=vocabulary, mask_token="", num_oov_indices=1, oov_token=UNKNOWN
                )
                # Keras compiles no step of a model that holds a look-up; the step reads what `preprocess` has looked up.
                self.lookups[feature.name].supports_jit = True
                self.learned[feature.name] = keras.layers.Embedding(
                    len(vocabulary) + 2,
                    feature.width,
                    name=f"{feature.name}_embedding",
                    dtype=self.dtype_policy,
                )
            elif feature.kind == "number" and feature.buckets:
                self.learned[feature.name] = keras.layers.Embedding(
                    len(known["quantiles"]) + 2, feature.width, name=f"{feature.name}_buckets", dtype=self.dtype_policy
                )
            elif feature.kind == "embedding":
                self.learned[feature.name] = keras.layers.Dense(
                    feature.width, name=f"{feature.name}_projection", dtype=self.dtype_policy
                )
                self.learned[feature.name].build((None, known["dimension"]))
        for layer in self.learned.values():
            if not layer.built:
                layer.build(None)
        self.built = True

    @property
    def width(self) -> int:
        """The width of the vector (F); 0 where nothing is declared."""
        return sum(2 if f.kind == "number" and not f.buckets else f.width for f in self.features)

    def signature(self, shape: list[int | None]) -> dict[str, tf.TensorSpec]:
        """What the raw features look like in a serving signature.

        Args:
            shape: the batch dimensions, ``[None]`` for pages, ``[None, None]`` for items.
        """
        specs = {}
        for feature in self.features:
            if feature.kind == "categorical":
                specs[feature.name] = tf.TensorSpec(shape, tf.string, feature.name)
            elif feature.kind == "number":
                specs[feature.name] = tf.TensorSpec(shape, tf.float32, feature.name)
            else:
                dimension = self.statistics[feature.name]["dimension"]
                specs[feature.name] = tf.TensorSpec([*shape, dimension], tf.float32, feature.name)
        return specs

    def preprocess(self, raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Look up and scale.

        Args:
            raw: by feature name: string [...], float32 [...] or float32 [..., dimension]; ``""`` and NaN are missing.

        Returns:
            By feature name: int32 [...] (0 missing), or float32 [..., 2] (scaled value, missing flag), or
            float32 [..., dimension].
        """
        ready = {}
        for feature in self.features:
            value, known = raw[feature.name], self.statistics[feature.name]
            if feature.kind == "categorical":
                ready[feature.name] = tf.cast(self.lookups[feature.name](value), tf.int32)
                continue
            gone = tf.math.is_nan(value)
            if feature.kind == "embedding":
                ready[feature.name] = tf.where(gone, 0.0, value)
                continue
            value = tf.where(gone, tf.cast(known["fill"], tf.float32), value)
            if feature.buckets:
                bounds = tf.constant(known["quantiles"], tf.float32)
                bucket = tf.searchsorted(bounds, tf.reshape(value, [-1]), side="right")
                ready[feature.name] = tf.where(gone, 0, tf.reshape(bucket, tf.shape(value)) + 1)
                continue
            if feature.scale == "log":
                value = tf.math.log1p(tf.maximum(value, 0.0))
            scaled = (value - known["mean"]) / max(known["std"], 1e-6)
            ready[feature.name] = tf.stack(
                [tf.where(gone, 0.0, tf.clip_by_value(scaled, -8.0, 8.0)), tf.cast(gone, tf.float32)], axis=-1
            )
        return ready

    def call(self, ready: dict[str, Any]):
        """Embed preprocessed features.

        Args:
            ready: as `preprocess` gives it.

        Returns:
            float [..., F]
        """
        columns = []
        for feature in self.features:
            value = ready[feature.name]
            layer = self.learned.get(feature.name)
            columns.append(ops.cast(value, self.compute_dtype) if layer is None else layer(value))
        return ops.concatenate(columns, axis=-1)
