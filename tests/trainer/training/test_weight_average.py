"""The average of the weights: what it is, where it is used, and that a run goes on with it."""

import json

import keras
import numpy as np
import pytest
from rich.console import Console

import small_shop
from tiny_training import made
from trainer.training.fit import train
from trainer.training.optimizer import GroupedAdamW
from trainer.training.run import load_run
from trainer.training.weight_average import averaged_weights

SECTIONS = {
    "train": {"evaluations": 3, "epochs": 3, "stop_on": None},
    "finetune": {"ema": 0.8, "lora_rank": 2, "layer_decay": 0.9},
    "adversarial": {"method": "fgm", "epsilon": 0.3, "start": 0.2},
}


class Interrupted(Console):
    """Ends the training when a certain validation is shown, before its checkpoint."""

    def print(self, *objects, **kwargs) -> None:
        if str(objects[0]).startswith("step 6/9"):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def trained(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("averaged")
    return train(
        small_shop.experiment(tiny_preset, folder, **SECTIONS), small_shop.prepared(folder), Console(quiet=True)
    )


def points(folder):
    return json.loads((folder / "history.json").read_text())


def test_the_average_follows_its_formula():
    variable = keras.Variable(np.array([1.0, -2.0], np.float32))
    optimizer = GroupedAdamW(0.1, {}, 0.0, ema=0.3)
    optimizer.build([variable])
    expected = np.array([1.0, -2.0])
    for step in range(6):
        optimizer.apply([np.array([1.0, -1.0], np.float32)], [variable])
        kept = min(0.3, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * np.asarray(variable)
        np.testing.assert_allclose(np.asarray(optimizer.averages[0]), expected, rtol=1e-5)
    before = np.array(variable)
    with averaged_weights(optimizer):
        np.testing.assert_allclose(np.asarray(variable), expected, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(variable), before)


def test_without_an_average_nothing_is_kept_or_changed():
    variable = keras.Variable(np.ones(2, np.float32))
    optimizer = GroupedAdamW(0.1, {}, 0.0)
    optimizer.build([variable])
    count = len(optimizer.variables)
    with averaged_weights(optimizer):
        np.testing.assert_array_equal(np.asarray(variable), 1.0)
    averaged = GroupedAdamW(0.1, {}, 0.0, ema=0.5)
    averaged.build([variable])
    assert len(averaged.variables) == count + 1


def test_a_loss_scaling_optimizer_averages_too(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, finetune={"ema": 0.5}, train={"precision": "float16"})
    model.train_step(batch)
    kernel = model.ranker.head.trainable_variables[0]
    before = np.array(kernel)
    with averaged_weights(model.optimizer):
        assert np.abs(np.asarray(kernel) - before).max() > 0
    np.testing.assert_array_equal(np.asarray(kernel), before)


def test_an_interrupted_run_goes_on_with_the_same_losses_metrics_and_weights(trained, tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path, **SECTIONS)
    with pytest.raises(KeyboardInterrupt):
        train(experiment, small_shop.prepared(tmp_path), Interrupted(quiet=True))
    assert (experiment.run_folder / "checkpoint.npz").exists()
    folder = train(experiment, small_shop.prepared(tmp_path), Console(quiet=True))
    for found, expected in zip(points(folder), points(trained), strict=True):
        for key in set(expected) - {"examples_per_second", "seconds_per_step"}:
            assert found[key] == pytest.approx(expected[key], rel=1e-4, abs=1e-6), key
    for found, expected in zip(load_run(folder).ranker.weights, load_run(trained).ranker.weights, strict=True):
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-5)


def test_the_run_shows_its_perturbations_and_keeps_its_counts(trained):
    shown = {key for point in points(trained) for key in point}
    assert {"plain_loss", "adversarial_loss", "adversarial_gap", "perturbation_norm", "adversarial"} <= shown
    counts = json.loads((trained / "finished.json").read_text())["parameters"]
    assert counts["backbone_trained"] == 2 * 2 * (32 * 2 * 2 + 2 * 16)
    assert counts["backbone_share"] == counts["backbone_trained"] / counts["backbone"]


def test_a_run_with_lora_loads_as_a_plain_one_and_its_best_weights_are_the_average(trained, tiny_preset, tmp_path):
    loaded = load_run(trained).ranker.encoder
    dense = loaded.transformer_layers[0]._self_attention_layer.query_dense
    assert not dense.lora_enabled
    assert not [v for v in loaded.weights if v.name.startswith("lora")]
    plain = {**SECTIONS, "finetune": {"lora_rank": 2, "layer_decay": 0.9}}
    other = train(
        small_shop.experiment(tiny_preset, tmp_path, **plain), small_shop.prepared(tmp_path), Console(quiet=True)
    )
    losses = [[p["loss"] for p in points(folder) if "loss" in p] for folder in (trained, other)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    kernels = [
        np.asarray(load_run(folder).ranker.encoder.transformer_layers[0]._self_attention_layer.query_dense.kernel)
        for folder in (trained, other)
    ]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-6
