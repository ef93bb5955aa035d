"""Adversarial methods against plain computations on the tiny backbone."""

import numpy as np
import pytest
import tensorflow as tf

from tiny_training import made
from trainer.adversarial.awp import is_kernel
from trainer.adversarial.gradients import differentiate
from trainer.adversarial.method import PlainTraining
from trainer.adversarial.perturbation import direction, no_perturbation, random_direction, step_within, token_masks
from trainer.losses.divergence import Divergence

STILL = {"encoder": {"dropout": 0.0}, "model": {"dropout": 0.0, "hidden": [8]}}
EPSILON = 0.7
METHODS = {
    "fgm": {"epsilon": EPSILON},
    "pgd": {"epsilon": EPSILON, "steps": 2, "step_size": 0.5},
    "freelb": {"epsilon": EPSILON, "steps": 2},
    "vat": {"epsilon": EPSILON},
    "awp": {"epsilon": 0.02},
}


def adversarial(method, **changes):
    return {"adversarial": {"method": method, **METHODS[method], **changes}}


def arrays(gradients):
    return [None if g is None else np.asarray(tf.convert_to_tensor(g)) for g in gradients]


def assert_equal(found, expected, scale=1.0):
    for a, b in zip(arrays(found), arrays(expected), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, scale * b, rtol=2e-4, atol=2e-6)


def loss_at(model, batch, perturbation):
    return float(sum(model.loss_parts(batch, False, perturbation).values()))


def recorded(model):
    """The perturbations that the Ranker is called with from now on."""
    seen = []
    plain_call = model.ranker.call

    def call(batch, training=None, perturbation=None):
        seen.append(perturbation)
        return plain_call(batch, training=training, perturbation=perturbation)

    model.ranker.call = call
    return seen


def lengths(values):
    return np.sqrt((np.asarray(values) ** 2).sum(axis=(1, 2)))


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
    divergence, logits = Divergence(["ctr", "cvr"]), model.ranker(batch)
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


@pytest.mark.parametrize("method", ["fgm", "awp", "vat"])
def test_before_its_start_a_step_is_a_plain_one(tiny_preset, tmp_path, method):
    model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial(method, start=0.5))
    gradients = tf.function(lambda: (lambda s: (s.gradients, s.shown, s.parts))(model.method.gradients(model, batch)))
    found, shown, parts = gradients()
    plain = PlainTraining().gradients(model, batch).gradients
    assert_equal(found, plain)
    assert (float(shown["perturbation_norm"]), float(parts["adversarial"])) == (0.0, 0.0)
    assert float(shown.get("adversarial_gap", 0.0)) == 0.0
    model.optimizer.iterations.assign(10)
    found, shown, parts = gradients()
    assert float(shown["perturbation_norm"]) > 0
    assert float(parts["adversarial"]) > 0
    later = model.method
    later.start_step = 0
    assert_equal(found, later.gradients(model, batch).gradients)


@pytest.mark.parametrize("train", [{"precision": "bfloat16", "xla": True}, {"precision": "float16"}], ids=str)
@pytest.mark.parametrize("method", [*METHODS, "r_drop"])
def test_steps_work_in_mixed_precision_and_compiled(tiny_preset, tmp_path, method, train):
    extra = {"train": {**train, "r_drop": 1.0}} if method == "r_drop" else {"train": train, **adversarial(method)}
    model, batch = made(tiny_preset, tmp_path, **extra)
    assert model.jit_compile == train.get("xla", False)
    step = tf.function(model.train_step, jit_compile=model.jit_compile)
    before = [np.array(v) for v in model.ranker.trainable_variables]
    logs = {name: float(value) for name, value in step(batch).items()}
    if train["precision"] == "float16" and not np.isfinite(logs["gradient_norm"]):
        # The scale of the loss starts high: a step that overflows moves nothing and halves it.
        assert not any(
            np.any(np.asarray(v) != old) for v, old in zip(model.ranker.trainable_variables, before, strict=True)
        )
        logs = {name: float(value) for name, value in step(batch).items()}
    assert all(map(np.isfinite, logs.values())), logs
    assert any(np.any(np.asarray(v) != old) for v, old in zip(model.ranker.trainable_variables, before, strict=True))
    if method == "r_drop":
        assert logs["r_drop"] > 0
    else:
        length = METHODS[method]["epsilon"]
        assert 0.5 * length < logs["perturbation_norm"] <= 1.02 * length
        assert logs["adversarial"] > 0
    assert logs["gradient_norm"] > 0


def test_float16_scales_the_loss_and_gives_the_gradients_of_float32(tiny_preset, tmp_path):
    norms = {}
    for precision in ("float32", "float16"):
        model, batch = made(tiny_preset, tmp_path, **STILL, **adversarial("fgm"), train={"precision": precision})
        assert hasattr(model.optimizer, "dynamic_scale") == (precision == "float16")
        norms[precision] = float(model.train_step(batch)["gradient_norm"])
    assert norms["float16"] == pytest.approx(norms["float32"], rel=0.05)


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
