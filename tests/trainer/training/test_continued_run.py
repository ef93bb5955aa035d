"""A run that goes on with new days, on the tiny backbone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import days_of_shop
from trainer.data.prepared import ensure_prepared
from trainer.errors import InputError
from trainer.evaluation.continued import ContinuedReport
from trainer.evaluation.report import write_report
from trainer.evaluation.run_evaluation import evaluate_run
from trainer.export.export import export_folder
from trainer.training.continuation import continued_experiment
from trainer.training.fit import train
from trainer.training.run import load_run

TESTS = Path(__file__).parents[2]
QUIET = Console(quiet=True)
LEARNING = ("incremental.epochs=3", "incremental.learning_rate_factor=1")
SHORT = ("incremental.epochs=0.3", "train.evaluations=1")


def go_on(run: Path, log: Path, *overrides: str, items: Path | None = None) -> Path:
    experiment = continued_experiment(run, log, items, overrides=overrides)
    return train(experiment, ensure_prepared(experiment, QUIET, progress=False), QUIET)


def losses(folder: Path) -> dict[int, float]:
    return {p["step"]: p["loss"] for p in json.loads((folder / "history.json").read_text()) if "loss" in p}


@pytest.fixture(scope="module")
def shop(tiny_preset, tmp_path_factory) -> Path:
    """A run that has learned to rank cheap items first."""
    folder = tmp_path_factory.mktemp("shop")
    days_of_shop.write_old_days(folder)
    days_of_shop.write_new_days(folder / "new.parquet")
    experiment = days_of_shop.experiment(tiny_preset, folder)
    return train(experiment, ensure_prepared(experiment, QUIET, progress=False), QUIET)


@pytest.fixture(scope="module")
def new_days(shop) -> Path:
    return shop.parents[1] / "new.parquet"


@pytest.fixture(scope="module")
def with_replay(shop, new_days) -> Path:
    return go_on(shop, new_days, *LEARNING)


def test_what_shoppers_want_now_is_learned_and_replay_keeps_what_they_wanted(shop, new_days, with_replay):
    without = ContinuedReport.load(go_on(shop, new_days, "name=without", "incremental.replay=0", *LEARNING))
    kept = ContinuedReport.load(with_replay)
    for report in (kept, without):
        new = report.parts["new"]
        assert new.before["new.gauc"] < 0.3
        assert new.after["new.gauc"] > 0.8
        assert new.differences["new.gauc"].low > 0
    forgotten = without.parts["old"].differences["old.gauc"]
    assert forgotten.high < -0.2
    assert kept.parts["old"].after["old.gauc"] > without.parts["old"].after["old.gauc"] + 0.3
    assert kept.parts["old"].differences["old.gauc"].low > -0.1


def test_the_old_pages_are_those_that_the_run_was_tested_on(shop, with_replay):
    evaluate_run(shop, "test", QUIET)
    metrics = json.loads((shop / "metrics.json").read_text())
    old = ContinuedReport.load(with_replay).parts["old"]
    assert old.before["old.gauc"] == pytest.approx(metrics["test.gauc"])
    assert old.differences["old.gauc"].difference == pytest.approx(old.after["old.gauc"] - old.before["old.gauc"])


def test_the_run_before_is_left_as_it_was(shop, with_replay):
    assert with_replay.name == "shop-2"
    assert with_replay.parent == shop.parent
    assert load_run(shop).experiment.incremental.base is None
    assert (
        json.loads((shop / "finished.json").read_text())["steps"]
        != json.loads((with_replay / "finished.json").read_text())["steps"]
    )
    assert (with_replay / "statistics.json").read_text() == (shop / "statistics.json").read_text()


def test_a_killed_continuation_goes_on_with_the_same_losses(shop, new_days, with_replay, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    script, overrides = TESTS / "trainer" / "training" / "killed_continuation.py", [f"runs={tmp_path}", *LEARNING]
    command = [sys.executable, str(script), str(shop), str(new_days), *overrides]
    killed = subprocess.run(command, env=environment, capture_output=True, timeout=600, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not (tmp_path / "shop-2" / "finished.json").exists()
    assert go_on(shop, new_days, *overrides) == tmp_path / "shop-2"
    expected, found = losses(with_replay), losses(tmp_path / "shop-2")
    assert list(found) == list(expected)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), rtol=1e-3)


def test_a_continued_run_is_evaluated_drawn_exported_and_continued(with_replay, tmp_path):
    result = evaluate_run(with_replay, "test", QUIET)
    assert result.metrics["test.gauc"] > 0.8
    assert result.counts["log"]["pages"] == 50
    page = write_report(with_replay).read_text()
    assert "Old test pages: what was forgotten (75 pages)" in page

    items = pd.concat([days_of_shop.items(), days_of_shop.items(5, start=40)])
    items.tail(5).to_parquet(tmp_path / "items.parquet")
    days_of_shop.write_new_days(tmp_path / "third.parquet", 100, items, "2025-03-01")
    third = go_on(with_replay, tmp_path / "third.parquet", *SHORT, items=tmp_path / "items.parquet")
    assert third.name == "shop-3"
    report = ContinuedReport.load(third)
    assert report.base == str(with_replay)
    assert report.parts["old"].counts["log"]["pages"] == 75 + 50
    assert report.data["new_items"] == 5
    items.to_parquet(tmp_path / "all.parquet")
    refreshed = export_folder(third, tmp_path / "all.parquet", QUIET, None, [f"export.models={tmp_path / 'models'}"])
    manifest = json.loads((refreshed / "manifest.json").read_text())
    assert manifest["items"] == 45
    assert manifest["parity"]["max_difference"] <= 1e-5


def test_weights_that_only_became_worse_are_not_kept(shop, tmp_path):
    days_of_shop.log(days_of_shop.items(), 100, "2025-02-01", days_of_shop.OLD_QUERIES, True, 3).to_parquet(
        tmp_path / "same.parquet"
    )
    folder = go_on(shop, tmp_path / "same.parquet", "name=harmed", "train.head_learning_rate=5", *SHORT)
    assert json.loads((folder / "finished.json").read_text())["best"]["step"] == 0
    assert {d.difference for d in ContinuedReport.load(folder).parts["old"].differences.values()} == {0.0}


def test_a_folder_that_holds_another_run_is_never_overwritten(shop, new_days, with_replay):
    before, prepared = ((with_replay / name).read_bytes() for name in ("best.weights.h5", "prepared/prepare.json"))
    with pytest.raises(InputError, match="shop-2: holds a run with another configuration; set another name"):
        go_on(shop, new_days, "incremental.replay=0.1", *LEARNING)
    with pytest.raises(InputError, match="name=shop: is the name of the continued run, which is never overwritten"):
        go_on(shop, new_days, "name=shop")
    assert go_on(shop, new_days, *LEARNING) == with_replay
    assert (with_replay / "best.weights.h5").read_bytes() == before
    assert (with_replay / "prepared" / "prepare.json").read_bytes() == prepared


def test_weights_of_another_model_are_refused(shop, new_days):
    with pytest.raises(InputError, match=r"best\.weights\.h5: can't be continued"):
        go_on(shop, new_days, "name=other", "debias.method=tower", *SHORT)
