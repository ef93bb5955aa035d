"""Training as a whole, on the tiny backbone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import small_shop
from trainer.errors import InputError
from trainer.training.fit import train
from trainer.training.run import load_run

TESTS = Path(__file__).parents[2]


def run(preset, folder, **sections):
    experiment = small_shop.experiment(preset, folder, **sections)
    return train(experiment, small_shop.prepared(folder), Console(quiet=True))


def losses(folder: Path) -> dict[int, float]:
    return {p["step"]: p["loss"] for p in json.loads((folder / "history.json").read_text()) if "loss" in p}


@pytest.fixture(scope="module")
def trained(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return run(tiny_preset, folder, train={"evaluations": 3, "epochs": 6, "stop_on": None})


def test_the_loss_falls(trained):
    values = list(losses(trained).values())
    assert np.mean(values[-2:]) < values[0]


def test_a_killed_run_goes_on_with_the_same_losses(trained, tiny_preset, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    command = [sys.executable, str(TESTS / "trainer" / "training" / "killed_run.py"), str(tiny_preset), str(tmp_path)]
    killed = subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    folder = tmp_path / "runs" / "small"
    assert not (folder / "finished.json").exists()
    again = run(tiny_preset, tmp_path, train={"evaluations": 3, "epochs": 6, "stop_on": None})
    assert again == folder
    expected, found = losses(trained), losses(folder)
    assert list(found) == list(expected)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), rtol=1e-4)


def test_tensorboard_shows_parts_rates_norms_weights_metrics_graph_and_config(trained):
    events = EventAccumulator(str(trained / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    tags = events.Tags()
    assert "config" in tags["tensors"]
    assert tags["graph"]
    shown = set(tags["tensors"])
    for part in ("loss", "ctr_pointwise", "ctr_pairwise", "ctcvr_pointwise", "ctcvr_pairwise"):
        assert f"train/{part}" in shown
    assert {"train/learning_rate", "train/gradient_norm", "train/examples_per_second", "valid/gauc"} <= shown
    assert any(tag.startswith("weights/") for tag in shown)


def test_a_finished_run_is_left_alone(trained, tiny_preset):
    before = (trained / "best.weights.h5").stat().st_mtime_ns
    run(tiny_preset, trained.parents[1], train={"evaluations": 3, "epochs": 6, "stop_on": None})
    assert (trained / "best.weights.h5").stat().st_mtime_ns == before
    assert not (trained / "checkpoint.npz").exists()


def test_a_folder_of_another_configuration_is_refused(trained, tiny_preset):
    with pytest.raises(InputError, match="holds a run with another configuration"):
        run(tiny_preset, trained.parents[1], train={"evaluations": 2})


def test_a_run_is_loaded_with_its_best_weights(trained):
    loaded = load_run(trained)
    assert loaded.experiment.name == "small"
    assert float(np.asarray(loaded.ranker.similarity_centre)) != 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"train": {"precision": "bfloat16"}},
        {"train": {"precision": "float16"}},
        {"train": {"xla": True}},
        {"model": {"interaction": "cross"}},
        {"model": {"heads": "shared_bottom", "residual": False, "position_bias": False}, "loss": {"l2": 0.01}},
        {"model": {"heads": "mmoe", "interaction": "cross"}, "train": {"precision": "bfloat16"}},
        {"model": {"heads": "ple", "experts": {"count": 2, "levels": 2}}, "train": {"xla": True}},
        {"model": {"heads": "escm2_ips"}, "train": {"precision": "float16", "r_drop": 0.5}},
        {
            "model": {"heads": "escm2_dr"},
            "train": {"xla": True, "r_drop": 0.5},
            "finetune": {"lora_rank": 2},
            "adversarial": {"method": "fgm", "epsilon": 0.1},
            "loss": {"list_mle": 1.0, "softmax": 1.0},
        },
    ],
    ids=["bfloat16", "float16", "xla", "cross", "shared_bottom", "mmoe", "ple", "escm2_ips", "escm2_dr"],
)
def test_variants_train_and_load(changes, tiny_preset, tmp_path):
    sections = {"train": {"evaluations": 1, "epochs": 1}, **changes}
    sections["train"] = {"evaluations": 1, "epochs": 1, **changes.get("train", {})}
    folder = run(tiny_preset, tmp_path, **sections)
    assert all(np.isfinite(value) for value in losses(folder).values())
    load_run(folder)


def test_early_stopping_keeps_the_best_weights(tiny_preset, tmp_path):
    folder = run(
        tiny_preset,
        tmp_path,
        train={"evaluations": 6, "epochs": 6, "patience": 1, "learning_rate": 0.3, "warmup_share": 0.0},
    )
    points = [p for p in json.loads((folder / "history.json").read_text()) if "valid.gauc" in p and p["step"]]
    best = json.loads((folder / "finished.json").read_text())["best"]
    assert best["value"] == max(p["valid.gauc"] for p in points)
    steps = [p["step"] for p in points]
    after = [p["valid.gauc"] for p in points if p["step"] > best["step"]]
    assert len(after) == 1 or steps[-1] == best["step"]


def test_an_unknown_metric_to_stop_on_is_named(tiny_preset, tmp_path):
    with pytest.raises(
        InputError,
        match=r"train\.stop_on: no metric 'valid\.luck' on these validation pages; set it to null or to one of: ",
    ):
        run(tiny_preset, tmp_path, train={"stop_on": "valid.luck"})


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(InputError, match="no run folder"):
        load_run(tmp_path)


def test_a_run_that_is_not_finished_is_named(trained, tmp_path):
    (tmp_path / "config.yaml").write_text((trained / "config.yaml").read_text())
    with pytest.raises(InputError, match="training has not finished"):
        load_run(tmp_path)


def test_a_configuration_that_was_refused_makes_way_for_the_mended_one(tiny_preset, tmp_path):
    with pytest.raises(InputError, match=r"train\.stop_on: no metric 'valid\.nonsense'"):
        run(tiny_preset, tmp_path, train={"stop_on": "valid.nonsense"})
    with pytest.raises(InputError, match="no folder 'no/where'"):
        run(tiny_preset, tmp_path, encoder={"backbone": "no/where"})
    folder = run(tiny_preset, tmp_path, train={"evaluations": 1, "epochs": 1})
    assert load_run(folder).experiment.train.epochs == 1


def test_a_run_folder_that_cant_be_made_is_named(tiny_preset, tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(InputError, match=r"runs/small: can't be written \(Not a directory\)"):
        run(tiny_preset, tmp_path)
