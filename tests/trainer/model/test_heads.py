"""Heads: what they share, and each against plain arithmetic."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness import run_layer_test
from trainer.config import ExpertsConfig
from trainer.losses.build import CONVERSIONS
from trainer.model.heads import HEADS, Head, log_odds

RANDOM = np.random.default_rng(5)
P, N, D = 2, 3, 6
STARTS = {"ctr": log_odds(0.1), "cvr": log_odds(0.2), "relevance": log_odds(0.5)}
LEVELS = ExpertsConfig(count=2, hidden=[5], task_count=1, levels=2)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def made(name: str, starts=STARTS, dtype="float32", experts=None, hidden=(8, 4)) -> Head:
    """A built head."""
    head = HEADS[name](starts, list(hidden), 0.1, experts, dtype=dtype)
    head.build((None, None, D))
    return head


def shaken(head: Head) -> Head:
    """A head with random weights."""
    for variable in head.trainable_variables:
        variable.assign(RANDOM.normal(0, 0.5, variable.shape))
    return head


def relu_layer(layer: keras.layers.Dense, x: np.ndarray) -> np.ndarray:
    return np.maximum(x @ np.asarray(layer.kernel) + np.asarray(layer.bias), 0.0)


def softmax_layer(layer: keras.layers.Dense, x: np.ndarray) -> np.ndarray:
    scores = np.exp(x @ np.asarray(layer.kernel))
    return scores / scores.sum(axis=-1, keepdims=True)


def linear(layer: keras.layers.Dense, x: np.ndarray) -> np.ndarray:
    return (x @ np.asarray(layer.kernel) + np.asarray(layer.bias))[..., 0]


@pytest.mark.parametrize(
    ("name", "experts"),
    [(name, None) for name in sorted(HEADS)] + [("ple", LEVELS), ("mmoe", ExpertsConfig(count=2, hidden=[7, 5]))],
)
def test_heads_pass_the_harness(name, experts, tmp_path):
    auxiliary = ["imputation"] if name == "escm2_dr" else []
    run_layer_test(
        lambda dtype: made(name, dtype=dtype, experts=experts),
        {"x": normal(P, N, D)},
        lambda layer, t: layer(t["x"], training=False) | layer.auxiliary(t["x"], False),
        dict.fromkeys([*STARTS, *auxiliary], (P, N)),
        tmp_path,
    )


@pytest.mark.parametrize("name", sorted(HEADS))
def test_heads_start_at_the_base_rates(name):
    logits = made(name)(normal(P, N, D))
    for task, rate in (("ctr", 0.1), ("cvr", 0.2)):
        np.testing.assert_allclose(1 / (1 + np.exp(-np.asarray(logits[task]))), np.full((P, N), rate), atol=1e-6)


@pytest.mark.parametrize("name", sorted(HEADS))
def test_every_head_names_how_purchases_are_learned(name):
    assert HEADS[name].conversion in CONVERSIONS


def test_tasks_of_the_shared_bottom_share_their_hidden_layers():
    starts = {"ctr": 0.0, "cvr": 0.0}
    assert sum(len(v.shape) == 2 for v in made("shared_bottom", starts, hidden=[8]).trainable_variables) == 1 + 2
    assert sum(len(v.shape) == 2 for v in made("esmm", starts, hidden=[8]).trainable_variables) == 2 + 2


# === Experts ===


def test_mixture_of_experts_is_the_gated_mean_of_the_experts():
    head = shaken(made("mmoe", experts=ExpertsConfig(count=3, hidden=[5]), hidden=[4]))
    x = normal(P, N, D)
    experts = np.stack([relu_layer(layers[0], x) for layers in head.experts.values()], axis=-2)
    found, gates = head(x, training=False), head.gates(x)
    for task in STARTS:
        weights = softmax_layer(head.gate_layers[task], x)
        mixed = (weights[..., None] * experts).sum(axis=-2)
        expected = linear(head.outputs[task], relu_layer(head.towers[task][0], mixed))
        np.testing.assert_allclose(np.asarray(found[task]), expected, atol=1e-5)
        np.testing.assert_allclose(np.asarray(gates[task]), weights, atol=1e-6)
        assert len(head.gate_names(task)) == 3


def test_progressive_extraction_mixes_own_and_shared_experts_level_by_level():
    starts = {"ctr": 0.0, "cvr": 0.0}
    head = shaken(made("ple", starts, experts=LEVELS, hidden=[4]))
    x = normal(P, N, D)

    def states(level: int, group: str, count: int, given: np.ndarray) -> list[np.ndarray]:
        return [relu_layer(head.experts[f"{level}_{group}_{n}"][0], given) for n in range(count)]

    def mixed(name: str, given: np.ndarray, experts: list[np.ndarray]) -> np.ndarray:
        weights = softmax_layer(head.gate_layers[name], given)
        return sum(weights[..., n, None] * expert for n, expert in enumerate(experts))

    ctr, cvr, shared = states(0, "ctr", 1, x), states(0, "cvr", 1, x), states(0, "shared", 2, x)
    ctr_1 = mixed("0_ctr", x, ctr + shared)
    shared_1 = mixed("0_shared", x, ctr + cvr + shared)
    mixture = mixed("1_ctr", ctr_1, states(1, "ctr", 1, ctr_1) + states(1, "shared", 2, shared_1))
    expected = linear(head.outputs["ctr"], relu_layer(head.towers["ctr"][0], mixture))
    np.testing.assert_allclose(np.asarray(head(x, training=False)["ctr"]), expected, atol=1e-5)
    assert head.gate_names("ctr") == ["ctr_0", "shared_0", "shared_1"]
    np.testing.assert_allclose(np.asarray(head.gates(x)["ctr"]), softmax_layer(head.gate_layers["1_ctr"], ctr_1), 1e-4)
    assert "1_shared" not in head.gate_layers


def test_experts_of_one_task_are_not_learned_from_another():
    head = shaken(made("ple", {"ctr": 0.0, "cvr": 0.0}, experts=ExpertsConfig(count=1, hidden=[5], task_count=1)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(head(normal(P, N, D))["ctr"] ** 2)
    own, other, shared = (head.experts[f"0_{group}_0"][0].kernel for group in ("ctr", "cvr", "shared"))
    gradients = tape.gradient(loss, [own, other, shared])
    assert gradients[1] is None
    assert all(np.abs(gradients[n]).max() > 0 for n in (0, 2))


def test_gates_start_even_and_heads_without_experts_have_none():
    assert made("esmm").gates(normal(P, N, D)) == {}
    for weights in made("mmoe").gates(normal(P, N, D)).values():
        np.testing.assert_allclose(np.asarray(weights), 0.25, atol=1e-6)


# === Imputation ===


def test_the_imputation_is_no_task_and_its_weights_are_of_training_alone():
    head = made("escm2_dr")
    assert set(head(normal(P, N, D))) == set(STARTS)
    imputed = np.asarray(head.auxiliary(normal(P, N, D))["imputation"])
    np.testing.assert_allclose(imputed, STARTS["cvr"], atol=1e-6)
    of_training = {id(v) for v in head.auxiliary_variables}
    kernels = [v for v in head.trainable_variables if id(v) in of_training and len(v.shape) == 2]
    assert [v.shape for v in kernels] == [(D, 8), (8, 4), (4, 1)]
