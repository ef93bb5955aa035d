"""VAT's search for a direction and AWP's moved weights against plain computations."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tiny_training import made
from trainer.adversarial.awp import is_kernel
from trainer.adversarial.gradients import differentiate
from trainer.adversarial.perturbation import random_direction, token_masks
from trainer.losses.divergence import Divergence

sys.path.insert(0, str(Path(__file__).parent))
from adversarial_steps import EPSILON, STILL, adversarial, arrays, assert_equal, lengths, recorded


def test_without_a_perturbation_the_divergence_is_nothing(tiny_preset, tmp_path):
    # Dropout is on in training; the passes of the divergence have none.
    model, batch = made(tiny_preset, tmp_path, **adversarial("vat", epsilon=1e-9))
    step = model.method.gradients(model, batch)
    assert abs(float(step.shown["adversarial_loss"])) < 1e-9
    plain = made(tiny_preset, tmp_path)[0]
    assert_equal(step.gradients, differentiate(plain, lambda: plain.loss_parts(batch, True)).weights)


def test_vat_finds_a_direction_in_which_predictions_change_most(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("vat", steps=2))
    seen = recorded(model)
    found = float(model.method.gradients(model, batch).shown["adversarial_loss"])
    divergence, logits = Divergence(model.divergence_weights), model.ranker(batch)
    masks = token_masks(model.ranker, batch)
    others = []
    for seed in range(5):
        moved = {n: EPSILON * v for n, v in random_direction(masks, model.ranker.encoder.width, seed, 0).items()}
        others.append(float(divergence(logits, model.ranker(batch, perturbation=moved), batch["mask"])))
    assert min(others) > 0.0
    assert found > 3 * max(others)
    reached = lengths(seen[-4]["item"]) > 0
    np.testing.assert_allclose(lengths(seen[-4]["item"])[reached], EPSILON, rtol=1e-5)


def test_vat_starts_from_noise_that_repeats_with_its_step_and_leaves_padding_out(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path)
    masks = token_masks(model.ranker, batch)
    first, again, later, other = (
        np.asarray(random_direction(masks, 32, seed, step)["item"]) for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - later).max() > 0.01
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_allclose(lengths(first), 1.0, rtol=1e-5)
    assert not first[np.broadcast_to(np.asarray(masks["item"]) == 0, first.shape)].any()


def test_awp_moves_each_kernel_by_a_share_of_its_norm_and_leaves_the_weights_as_they_were(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("awp"))
    variables = model.ranker.trainable_variables
    before = [np.array(v) for v in variables]
    plain = arrays(differentiate(model, lambda: model.loss_parts(batch, False)).weights)
    step = model.method.gradients(model, batch)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), value)
    moved = 0
    for variable, value, gradient in zip(variables, before, plain, strict=True):
        if is_kernel(variable) and np.abs(gradient).max() > 0:
            variable.assign(value + 0.02 * np.linalg.norm(value) * gradient / np.linalg.norm(gradient))
            moved += 1
    assert moved > 12
    other = differentiate(model, lambda: model.loss_parts(batch, False))
    assert float(step.shown["adversarial_loss"]) == pytest.approx(float(other.loss), rel=1e-5)
    assert float(step.shown["adversarial_gap"]) > 0
    assert float(step.shown["perturbation_norm"]) == pytest.approx(0.02, rel=0.1)
    expected = [None if a is None else a + b for a, b in zip(plain, arrays(other.weights), strict=True)]
    assert_equal(step.gradients, expected)


def test_the_pass_with_moved_weights_draws_its_own_dropout(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, **adversarial("awp"))
    seeds = [v for v in model.ranker.non_trainable_variables if "seed" in v.name]
    before = [np.array(v) for v in seeds]
    differentiate(model, lambda: model.training_parts(batch))
    once = [np.array(v) - old for v, old in zip(seeds, before, strict=True)]
    assert any(np.any(change) for change in once)
    before = [np.array(v) for v in seeds]
    model.method.gradients(model, batch)
    for seed, old, change in zip(seeds, before, once, strict=True):
        np.testing.assert_array_equal(np.asarray(seed) - old, 2 * change)
