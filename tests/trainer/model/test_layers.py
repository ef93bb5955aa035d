"""Every layer of the model through the harness, and what is particular to each."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from harness import run_layer_test
from trainer.config import FeatureConfig
from trainer.model.features import FeatureEncoder
from trainer.model.history import HistoryAttention
from trainer.model.interaction import BiInteraction, CrossInteraction, unit
from trainer.model.position_bias import RATE, PositionBias

RANDOM = np.random.default_rng(5)
P, N, H, D = 2, 3, 4, 6


def normal(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def built(layer: keras.layers.Layer, *shapes: tuple) -> keras.layers.Layer:
    layer.build(*shapes)
    return layer


# === History ===


def test_history_attention_leaves_padding_out(tmp_path):
    mask = np.array([[True, True, False, False], [False] * 4])
    history = normal(P, H, D)
    inputs = {"items": normal(P, N, D), "history": history, "mask": mask}
    other = inputs | {"history": np.where(mask[..., None], history, 50.0).astype(np.float32)}
    run_layer_test(
        lambda dtype: built(HistoryAttention(width=5, dtype=dtype), (None, None, D)),
        inputs,
        lambda layer, t: layer(t["items"], t["history"], t["mask"]),
        (P, N, 5),
        tmp_path,
        padded=other,
    )


def test_history_attention_by_hand():
    layer = built(HistoryAttention(width=2), (None, None, 2))
    for projection in (layer.ask, layer.key, layer.value):
        projection.kernel.assign(np.eye(2))
    items = np.array([[[1.0, 0.0]]], np.float32)
    history = np.array([[[1.0, 0.0], [0.0, 1.0]]], np.float32)
    found = np.asarray(layer(items, history, np.array([[True, True]])))
    weights = np.exp([1 / math.sqrt(2), 0.0, 0.0])
    weights /= weights.sum()
    np.testing.assert_allclose(found[0, 0], [weights[0], weights[1]], atol=1e-6)


def test_an_empty_history_gives_the_null_value():
    layer = built(HistoryAttention(width=3), (None, None, D))
    layer.null_value.assign([1.0, 2.0, 3.0])
    found = layer(normal(1, 2, D), normal(1, H, D), np.zeros((1, H), bool))
    np.testing.assert_allclose(np.asarray(found)[0], [[1, 2, 3], [1, 2, 3]], atol=1e-6)


# === Interaction ===


def test_cross_interaction_joins_product_and_pair_state(tmp_path):
    run_layer_test(
        lambda dtype: built(CrossInteraction(dtype=dtype), (None, D), (None, None, D), (None, None, D)),
        {"query": normal(P, D), "items": normal(P, N, D), "pairs": normal(P, N, D)},
        lambda layer, t: layer(t["query"], t["items"], t["pairs"]),
        (P, N, 2 * D),
        tmp_path,
    )


def test_bi_interaction_is_the_product_of_the_vectors():
    query, items = normal(P, D), normal(P, N, D)
    np.testing.assert_allclose(np.asarray(BiInteraction()(query, items)), query[:, None] * items * D, rtol=1e-6)


def test_unit_vectors_have_length_one_and_zero_stays_zero():
    vectors = np.asarray(unit(ops.convert_to_tensor(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)


# === Position bias ===


def test_position_bias_passes_the_harness(tmp_path):
    run_layer_test(
        lambda dtype: PositionBias([0.0, 0.5, 0.3, 0.2]),
        {"position": np.array([[1, 2, 3], [3, 1, 0]], np.int32)},
        lambda layer, t: layer(t["position"]),
        (2, 3),
        tmp_path,
        mixed_precision=False,
    )


def test_position_bias_is_centred_over_the_shown_positions():
    layer = PositionBias([0.0, 0.5, 0.25, 0.25])
    layer.logits.assign([7.0, 0.1, 0.0, -0.1])
    curve = np.asarray(layer.curve())
    assert curve[0] == 0.0
    assert abs(curve[1:] @ [0.5, 0.25, 0.25]) < 1e-6
    np.testing.assert_allclose(curve[1] - curve[3], 0.2 * RATE, rtol=1e-5)


def test_unknown_positions_have_no_bias_and_deep_ones_the_deepest():
    layer = PositionBias([0.0, 0.5, 0.5])
    layer.logits.assign([0.0, 0.1, -0.1])
    np.testing.assert_allclose(np.asarray(layer(np.array([[0, 2, 40]]))), [[0.0, -0.1 * RATE, -0.1 * RATE]], rtol=1e-5)


# === Features ===

DECLARED = [
    FeatureConfig(name="brand", kind="categorical", width=3),
    FeatureConfig(name="price", kind="number", scale="log"),
    FeatureConfig(name="age", kind="number", buckets=3, width=2),
    FeatureConfig(name="image", kind="embedding", width=4),
]
STATISTICS = {
    "brand": {"vocabulary": ["acme", "bolt"]},
    "price": {"mean": 1.0, "std": 0.5, "fill": 3.0},
    "age": {"mean": 5.0, "std": 2.0, "fill": 5.0, "quantiles": [3.0, 6.0]},
    "image": {"dimension": 2},
}


def raw() -> dict[str, np.ndarray]:
    return {
        "brand": np.array([["acme", "bolt", "other"], ["", "acme", "acme"]], object),
        "price": np.array([[0.0, 9.0, np.nan], [1.0, 2.0, 3.0]], np.float32),
        "age": np.array([[1.0, 3.0, 6.0], [np.nan, 5.9, 100.0]], np.float32),
        "image": normal(2, 3, 2),
    }


def test_features_pass_the_harness(tmp_path):
    run_layer_test(
        lambda dtype: FeatureEncoder(DECLARED, STATISTICS, dtype=dtype),
        raw(),
        lambda layer, t: layer(layer.preprocess(t)),
        (2, 3, 3 + 2 + 2 + 4),
        tmp_path,
    )


def test_features_are_looked_up_scaled_and_bucketed():
    layer = FeatureEncoder(DECLARED, STATISTICS)
    ready = layer.preprocess({name: tf.constant(value) for name, value in raw().items()})
    assert ready["brand"].numpy().tolist() == [[2, 3, 1], [0, 2, 2]]
    assert ready["age"].numpy().tolist() == [[1, 2, 3], [0, 2, 3]]
    price = ready["price"].numpy()
    np.testing.assert_allclose(price[0, :2, 0], [(0 - 1) / 0.5, (math.log1p(9) - 1) / 0.5], rtol=1e-5)
    assert price[0, 2].tolist() == [0.0, 1.0]


def test_a_vocabulary_that_is_empty_knows_nothing():
    layer = FeatureEncoder(DECLARED[:1], {"brand": {"vocabulary": []}})
    assert layer.preprocess({"brand": tf.constant(["acme", ""])})["brand"].numpy().tolist() == [1, 0]


def test_the_signature_names_types_and_widths():
    signature = FeatureEncoder(DECLARED, STATISTICS).signature([None, None])
    assert signature["brand"].dtype == tf.string
    assert signature["image"].shape.as_list() == [None, None, 2]
