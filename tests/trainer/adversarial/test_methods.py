"""Perturbed embeddings (FGM, PGD, FreeLB) against plain computations."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tiny_training import made
from trainer.adversarial.gradients import differentiate
from trainer.adversarial.perturbation import direction, no_perturbation, step_within, token_masks

sys.path.insert(0, str(Path(__file__).parent))
from adversarial_steps import EPSILON, STILL, adversarial, arrays, assert_equal, lengths, loss_at, recorded


@pytest.mark.parametrize("interaction", ["bi", "cross"])
def test_fgm_goes_epsilon_along_the_gradient_of_each_text(tiny_preset, tmp_path, interaction):
    sections = {**STILL, "model": {**STILL["model"], "interaction": interaction}}
    model, batch = made(tiny_preset, tmp_path, **sections, **adversarial("fgm"))
    seen = recorded(model)
    step = model.method.gradients(model, batch)
    zero, moved = seen
    assert set(moved) == ({"query", "item"} if interaction == "bi" else {"query", "item", "pair"})
    mask = {name: np.asarray(value) for name, value in token_masks(model.ranker, batch).items()}
    for name, values in moved.items():
        assert not np.asarray(zero[name]).any()
        # The slope of the loss along the perturbation, by differences: the length of the gradient itself.
        assert not np.asarray(values)[np.broadcast_to(mask[name] == 0, values.shape)].any()
    gradient = differentiate(model, lambda: model.loss_parts(batch, False, zero), False, zero).watched
    for name, values in moved.items():
        slope = np.asarray(gradient[name])
        reached = np.abs(slope).max(axis=(1, 2)) > 0
        np.testing.assert_allclose(lengths(values)[reached], EPSILON, rtol=1e-5)
        assert not lengths(values)[~reached].any()
        expected = EPSILON * slope[reached] / lengths(slope)[reached][:, None, None]
        np.testing.assert_allclose(np.asarray(values)[reached], expected, atol=1e-5)
    assert float(step.shown["perturbation_norm"]) == pytest.approx(EPSILON, rel=1e-5)
    assert float(step.shown["plain_loss"]) == pytest.approx(loss_at(model, batch, None), rel=1e-5)
    assert float(step.shown["adversarial_loss"]) == pytest.approx(loss_at(model, batch, moved), rel=1e-5)
    assert float(step.shown["adversarial_gap"]) > 0.0


def test_the_gradient_by_embedded_tokens_is_that_of_finite_differences(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL)
    zero = no_perturbation(token_masks(model.ranker, batch), model.ranker.encoder.width)
    gradient = differentiate(model, lambda: model.loss_parts(batch, False, zero), False, zero).watched
    random = np.random.default_rng(4)
    along = {name: tf.constant(random.normal(size=value.shape), tf.float32) for name, value in zero.items()}
    expected = sum(float(tf.reduce_sum(along[name] * gradient[name])) for name in along)
    up, down = ({name: sign * 1e-3 * value for name, value in along.items()} for sign in (1, -1))
    assert (loss_at(model, batch, up) - loss_at(model, batch, down)) / 2e-3 == pytest.approx(expected, rel=0.02)


def test_a_text_without_tokens_and_one_that_nothing_points_to_are_left_alone(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("fgm"))
    empty = np.asarray(batch["item_tokens"] != 0).sum(axis=1) <= 2
    assert empty.any()
    batch["item_tokens"] = tf.concat([batch["item_tokens"], batch["item_tokens"][:1]], 0)
    for name in [name for name in batch if name.startswith("item.")]:
        batch[name] = tf.concat([batch[name], batch[name][:1]], 0)
    seen = recorded(model)
    step = model.method.gradients(model, batch)
    found = lengths(seen[1]["item"])
    assert not found[:-1][empty].any()
    assert found[-1] == 0.0
    assert found.max() > 0
    assert all(np.isfinite(g).all() for g in arrays(step.gradients) if g is not None)


def test_fgm_adds_the_weighted_gradient_of_the_adversarial_loss(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("fgm", weight=0.25))
    seen = recorded(model)
    step = model.method.gradients(model, batch)
    plain = differentiate(model, lambda: model.loss_parts(batch, False))
    other = differentiate(model, lambda: model.loss_parts(batch, False, seen[1]))
    expected = [
        None if a is None else tf.convert_to_tensor(a) + 0.25 * tf.convert_to_tensor(b)
        for a, b in zip(plain.weights, other.weights, strict=True)
    ]
    assert_equal(step.gradients, expected)
    assert float(step.parts["adversarial"]) == pytest.approx(0.25 * float(other.loss), rel=1e-5)


def test_pgd_stays_in_the_ball_and_climbs(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("pgd", steps=4, step_size=0.4))
    seen = recorded(model)
    model.method.gradients(model, batch)
    longest = [max(lengths(value).max() for value in moved.values()) for moved in seen]
    np.testing.assert_allclose(longest[:2], [0.0, 0.4], rtol=1e-5)
    assert max(longest) <= EPSILON * (1 + 1e-5)
    assert longest[-1] > 0.95 * EPSILON
    losses = [loss_at(model, batch, moved) for moved in list(seen)]
    assert losses[-1] > losses[1] > losses[0]


def test_pgd_of_one_long_step_is_fgm(tiny_preset, tmp_path):
    one, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("pgd", steps=1, step_size=5.0))
    other, _ = made(tiny_preset, tmp_path, **STILL, **adversarial("fgm"))
    assert_equal(one.method.gradients(one, batch).gradients, other.method.gradients(other, batch).gradients)


def test_freelb_of_one_step_is_fgm_and_of_more_the_mean_over_the_ascent(tiny_preset, tmp_path):
    one, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("freelb", steps=1, step_size=5.0))
    other, _ = made(tiny_preset, tmp_path, **STILL, **adversarial("fgm"))
    assert_equal(one.method.gradients(one, batch).gradients, other.method.gradients(other, batch).gradients)
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("freelb", steps=3, weight=3.0))
    seen = recorded(model)
    found = model.method.gradients(model, batch).gradients
    assert len(seen) == 4
    expected = None
    for moved in list(seen):
        part = arrays(differentiate(model, lambda at=moved: model.loss_parts(batch, False, at)).weights)
        expected = (
            part if expected is None else [None if a is None else a + b for a, b in zip(expected, part, strict=True)]
        )
    # With a weight of as many steps every point counts alike: four times the paper's mean.
    assert_equal(found, expected)


def test_gradients_that_overflow_move_nothing():
    masks = {"query": tf.ones((2, 2, 1))}
    gradients = {"query": tf.constant([[[np.inf, 1.0], [np.nan, 1.0]], [[1e-30, 0.0], [0.0, 0.0]]])}
    found = np.asarray(direction(gradients, masks)["query"])
    np.testing.assert_allclose(found[0], [[0, 0.5**0.5], [0, 0.5**0.5]], rtol=1e-6)
    np.testing.assert_allclose(found[1], [[1.0, 0.0], [0.0, 0.0]], rtol=1e-6)


def test_a_step_is_projected_for_each_text_alone():
    start = {"query": tf.constant([[[3.0, 0.0]], [[0.0, 0.1]]])}
    along = {"query": tf.constant([[[0.0, 1.0]], [[0.0, 1.0]]])}
    found = np.asarray(step_within(start, along, 4.0, 2.5)["query"])
    np.testing.assert_allclose(found, [[[1.5, 2.0]], [[0.0, 2.5]]], rtol=1e-6)
