"""Declared features of users and items in plain TensorFlow, with the numbers that the ranker's graph gives."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.config import FeatureConfig

KINDS = ("categorical", "number", "embedding")
NO_ONE = "\ue000"
"""A private-use character: the line of a vocabulary that would else be empty, which TensorFlow refuses."""


def retrieval_features(features: Sequence[FeatureConfig]) -> list[FeatureConfig]:
    """The declared features that a tower reads: the towers have ids, texts and histories of their own."""
    return [f for f in features if f.kind in KINDS and f.name != "item_id"]


class Vocabulary(tf.Module):
    """Rows of strings, kept as an asset: one string a line.

    Args:
        words: the strings, in order.
        file: where they are written until the model is saved.
    """

    def __init__(self, words: Sequence[str], file: Path) -> None:
        super().__init__(name=file.stem)
        file.write_text("".join(f"{word}\n" for word in words or [NO_ONE]), encoding="utf-8")
        self.asset = tf.saved_model.Asset(str(file))
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                self.asset,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=-1,
        )

    def __call__(self, words: tf.Tensor) -> tf.Tensor:
        """Rows from 1, int64 of the same shape; 0 for what is not there."""
        return self.table.lookup(words) + 1


class DeclaredFeatures(tf.Module):
    """Look-ups and scaling; `trainer.model.features.FeatureEncoder.preprocess` without Keras.

    Args:
        features: as `retrieval_features` gives them.
        statistics: by feature name, of the training pages.
        folder: where vocabularies are written until the model is saved.
    """

    def __init__(self, features: Sequence[FeatureConfig], statistics: Mapping[str, Any], folder: Path) -> None:
        super().__init__(name="declared_features")
        self.features, self.statistics = features, statistics
        self.vocabularies = {
            f.name: Vocabulary(statistics[f.name]["vocabulary"], folder / f"{f.name}_values.txt")
            for f in features
            if f.kind == "categorical"
        }

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The raw features by name, one row a page or item."""
        specs = {}
        for feature in self.features:
            kind = tf.string if feature.kind == "categorical" else tf.float32
            depth = [self.statistics[feature.name]["dimension"]] if feature.kind == "embedding" else []
            specs[feature.name] = tf.TensorSpec([None, *depth], kind, feature.name)
        return specs

    def __call__(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Make features ready.

        Args:
            raw: by name: string [B], float32 [B] or float32 [B, dimension]; ``""`` and NaN are missing.

        Returns:
            By name: int32 [B] (0 missing), or float32 [B, 2] (scaled value, missing flag), or float32 [B, dimension].
        """
        ready = {}
        for feature in self.features:
            value, known = raw[feature.name], self.statistics[feature.name]
            if feature.kind == "categorical":
                row = tf.cast(self.vocabularies[feature.name](value), tf.int32) + 1
                ready[feature.name] = tf.where(value == "", 0, row)
                continue
            gone = tf.math.is_nan(value)
            if feature.kind == "embedding":
                ready[feature.name] = tf.where(gone, 0.0, value)
                continue
            value = tf.where(gone, tf.cast(known["fill"], tf.float32), value)
            if feature.buckets:
                bucket = tf.searchsorted(tf.constant(known["quantiles"], tf.float32), value, side="right")
                ready[feature.name] = tf.where(gone, 0, bucket + 1)
                continue
            if feature.scale == "log":
                value = tf.math.log1p(tf.maximum(value, 0.0))
            scaled = (value - known["mean"]) / max(known["std"], 1e-6)
            scaled = tf.where(gone, 0.0, tf.clip_by_value(scaled, -8.0, 8.0))
            ready[feature.name] = tf.stack([scaled, tf.cast(gone, tf.float32)], axis=-1)
        return ready


class DeclaredVectors(tf.Module):
    """What a tower learns of ready features.

    Args:
        features: as `retrieval_features` gives them.
        statistics: by feature name, of the training pages.
        random: of the initial weights.
    """

    def __init__(
        self, features: Sequence[FeatureConfig], statistics: Mapping[str, Any], random: np.random.Generator
    ) -> None:
        super().__init__(name="declared_vectors")
        self.features = features
        self.learned: dict[str, tf.Variable] = {}
        for feature in features:
            known = statistics[feature.name]
            if feature.kind == "categorical":
                rows = len(known["vocabulary"]) + 2
            elif feature.kind == "embedding":
                rows = known["dimension"]
            elif feature.buckets:
                rows = len(known["quantiles"]) + 2
            else:
                continue
            scale = 0.05 if feature.kind != "embedding" else rows**-0.5
            values = random.normal(0, scale, (rows, feature.width)).astype(np.float32)
            self.learned[feature.name] = tf.Variable(values, name=feature.name)

    @property
    def width(self) -> int:
        """The width of all together."""
        return sum(f.width if f.name in self.learned else 2 for f in self.features)

    def __call__(self, ready: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        """A part float32 [B, ...] for each feature."""
        parts = []
        for feature in self.features:
            value, learned = ready[feature.name], self.learned.get(feature.name)
            if learned is None:
                parts.append(value)
            elif feature.kind == "embedding":
                parts.append(value @ learned)
            else:
                parts.append(tf.gather(learned, value))
        return parts
