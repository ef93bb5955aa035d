"""Declared features without Keras."""

import numpy as np
import tensorflow as tf

from trainer.config import FeatureConfig
from trainer.model.features import FeatureEncoder
from trainer.retrieval.declared import DeclaredFeatures, Vocabulary, retrieval_features

FEATURES = [
    FeatureConfig(name="brand", kind="categorical"),
    FeatureConfig(name="price", kind="number", scale="log"),
    FeatureConfig(name="age", kind="number"),
    FeatureConfig(name="hour", kind="number", buckets=3),
    FeatureConfig(name="picture", kind="embedding"),
]
STATISTICS = {
    "brand": {"kind": "categorical", "vocabulary": ["acme", "bolt"]},
    "price": {"mean": 3.0, "std": 1.2, "fill": 20.0},
    "age": {"mean": 40.0, "std": 0.0, "fill": 40.0},
    "hour": {"mean": 6.0, "std": 4.0, "fill": 6.0, "quantiles": [3.0, 8.0]},
    "picture": {"dimension": 2},
}


def test_look_ups_and_scaling_are_those_of_the_ranker(tmp_path):
    raw = {
        "brand": tf.constant(["acme", "bolt", "zeta", ""]),
        "price": tf.constant([10.0, -1.0, np.nan, 1e9]),
        "age": tf.constant([40.0, 41.0, np.nan, 0.0]),
        "hour": tf.constant([3.0, 8.5, np.nan, -2.0]),
        "picture": tf.constant([[1.0, 2.0], [np.nan, np.nan], [0.0, 1.0], [3.0, 3.0]]),
    }
    ours, theirs = DeclaredFeatures(FEATURES, STATISTICS, tmp_path)(raw), FeatureEncoder(FEATURES, STATISTICS)
    for name, expected in theirs.preprocess(raw).items():
        assert ours[name].dtype == expected.dtype
        np.testing.assert_array_equal(ours[name], expected, err_msg=name)


def test_ids_texts_and_sequences_are_left_to_the_towers():
    declared = [
        FeatureConfig(name="item_id", kind="categorical"),
        FeatureConfig(name="note", kind="text"),
        FeatureConfig(name="history", kind="sequence"),
        *FEATURES,
    ]
    assert retrieval_features(declared) == FEATURES


def test_a_vocabulary_without_words_knows_nothing(tmp_path):
    rows = Vocabulary([], tmp_path / "users.txt")(tf.constant(["u1", ""]))
    np.testing.assert_array_equal(rows, [0, 0])
