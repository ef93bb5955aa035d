"""Rates, decay and clipping."""

import keras
import numpy as np
import pytest

from tiny_training import made
from trainer.training.optimizer import GroupedAdamW, WarmupDecay


def test_the_rate_rises_then_falls_to_nothing():
    schedule = WarmupDecay(1.0, 4, 12)
    rates = [float(schedule(step)) for step in range(13)]
    np.testing.assert_allclose(rates[:4], [0.25, 0.5, 0.75, 1.0])
    assert rates[4] == 1.0
    np.testing.assert_allclose(np.diff(rates[4:]), -1 / 8)
    assert rates[12] == 0.0


def test_a_variable_moves_at_its_own_rate():
    slow, fast = keras.Variable(np.zeros(2, np.float32)), keras.Variable(np.zeros(2, np.float32))
    optimizer = GroupedAdamW(0.1, {id(fast): 10.0}, 0.0)
    optimizer.apply([np.ones(2, np.float32), np.ones(2, np.float32)], [slow, fast])
    np.testing.assert_allclose(np.asarray(fast), 10 * np.asarray(slow), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(slow), -0.1, rtol=1e-4)


def test_matrices_decay_and_vectors_do_not():
    matrix, vector = keras.Variable(np.ones((2, 2), np.float32)), keras.Variable(np.ones(2, np.float32))
    optimizer = GroupedAdamW(0.1, {}, 0.5)
    optimizer.apply([np.zeros((2, 2), np.float32), np.zeros(2, np.float32)], [matrix, vector])
    np.testing.assert_allclose(np.asarray(matrix), 1 - 0.1 * 0.5, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(vector), 1.0)


def test_equals_keras_adamw_for_matrices():
    random = np.random.default_rng(1)
    start = random.normal(size=(3, 2)).astype(np.float32)
    mine, theirs = keras.Variable(start), keras.Variable(start)
    optimizers = (GroupedAdamW(0.01, {}, 0.1), keras.optimizers.AdamW(0.01, weight_decay=0.1))
    for _ in range(5):
        gradient = random.normal(size=(3, 2)).astype(np.float32)
        for optimizer, variable in zip(optimizers, (mine, theirs), strict=True):
            optimizer.apply([gradient], [variable])
    np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), rtol=1e-5)


def test_gradients_are_clipped_together():
    variable = keras.Variable(np.zeros(2, np.float32))
    optimizer = GroupedAdamW(0.1, {}, 0.0, global_clipnorm=1.0)
    optimizer.apply([np.array([30.0, 40.0], np.float32)], [variable])
    momentum = np.asarray(optimizer._momentums[0])
    assert momentum == pytest.approx([0.06, 0.08], rel=1e-4)


def test_the_norm_of_the_configuration_clips(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, train={"clip_norm": 0.01, "weight_decay": 0})
    shown = model.train_step(batch)
    moments = [np.asarray(v) for v in model.optimizer._momentums]
    assert float(shown["gradient_norm"]) > 0.01
    assert np.sqrt(sum((m**2).sum() for m in moments)) == pytest.approx(0.1 * 0.01, rel=1e-3)
