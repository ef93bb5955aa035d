"""Training steps with an adversarial method: before its start, in mixed precision, compiled."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tiny_training import made
from trainer.adversarial.method import PlainTraining

sys.path.insert(0, str(Path(__file__).parent))
from adversarial_steps import METHODS, STILL, adversarial, assert_equal

TYPOS = {"methods": [{"method": "keyboard_typos", "queries": 1.0}]}
COMPARING = {"r_drop": {"train": {"r_drop": 1.0}}, "self_teaching": {"augmentation": {**TYPOS, "self_teaching": 1.0}}}


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
@pytest.mark.parametrize("method", [*METHODS, *COMPARING])
def test_steps_work_in_mixed_precision_and_compiled(tiny_preset, tmp_path, method, train):
    extra = {"train": train, **(COMPARING[method] if method in COMPARING else adversarial(method))}
    extra["train"] = {**train, **extra["train"]}
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
    if method in COMPARING:
        assert logs[method] > 0
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
