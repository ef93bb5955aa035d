"""Runs that would learn the same share what one of them has learned."""

import json

import pytest
from made_runs import make_job
from study_job import contents, write_job

from tools.study.plan import plan_runs, read_study
from tools.study.trained_alike import take_weights

LEARNED = ["best.weights.h5", "history.json", "statistics.json"]
CALIBRATED = {"calibration.method": "platt", "calibration.min_rows": 50}


@pytest.mark.timeout(900)  # three processes that load TensorFlow, one after another
def test_a_calibrated_variant_takes_the_weights_of_the_plain_one(tiny_preset, tmp_path):
    variants = [
        {"name": "slow"},
        {"name": "calibrated", "overrides": CALIBRATED},
        {"name": "fast", "overrides": {"train.head_learning_rate": 0.05}},
    ]
    job = write_job(tmp_path, tiny_preset, seeds=[1], variants=variants, figures=[])
    done = job.run()
    assert done.returncode == 0, done.stderr[-2000:]
    plain, calibrated, fast = (job.run_folder(name["name"], 1) for name in variants)
    for name in LEARNED[:2]:
        assert (calibrated / name).read_bytes() == (plain / name).read_bytes() != (fast / name).read_bytes()
    assert json.loads((calibrated / "calibration.json").read_text()) is not None
    assert not (plain / "calibration.json").exists()
    assert f"weights of {plain}" in (calibrated.with_name("seed-1.log")).read_text()
    metrics = [json.loads((folder / "metrics.json").read_text()) for folder in (plain, calibrated)]
    assert metrics[0]["test.ctr.ece"] != metrics[1]["test.ctr.ece"]
    assert metrics[0]["test.ctr.auc"] == pytest.approx(metrics[1]["test.ctr.auc"], abs=1e-3)
    cost = [json.loads((folder / "cost.json").read_text()) for folder in (plain, calibrated)]
    assert cost[0]["training_seconds"] == cost[1]["training_seconds"] > 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study of its own, whose first run has weights."""
    made = make_job(tmp_path_factory.mktemp("alike"))
    folder = made.run_folder("slow", 1)
    (folder / "best.weights.h5").write_bytes(b"weights")
    (folder / "spelling").mkdir()
    (folder / "spelling" / "words.txt").write_text("lamp")
    return made


def other_study(job, name, overrides):
    """The first run of a study of the same shop under another name, which has no run yet."""
    text = job.path.read_text().replace("name: rates", f"name: {name}", 1)
    path = job.path.with_name(f"{name}.yaml")
    path.write_text(text)
    study = read_study(path)
    first = study.variants[0].model_copy(update={"overrides": overrides})
    return plan_runs(study.model_copy(update={"variants": [first, *study.variants[1:]]}), path)[0].experiment


def test_another_study_takes_weights_that_were_learned_from_the_same_data(finished):
    learned = finished.run_folder("slow", 1)
    experiment = other_study(finished, "again", {"evaluate.bootstrap": 7})
    assert take_weights(experiment) == learned
    folder = experiment.run_folder
    assert (folder / "best.weights.h5").read_bytes() == b"weights"
    assert (folder / "spelling" / "words.txt").read_text() == "lamp"
    assert "bootstrap: 7" in (folder / "config.yaml").read_text()
    assert not any((folder / name).exists() for name in ("metrics.json", "scores.parquet", "cost.json"))
    before = contents(folder)
    assert take_weights(experiment) is None, "a run that has begun goes on with what it has"
    assert contents(folder) == before


@pytest.mark.parametrize(
    "overrides",
    [{"train.learning_rate": 1e-3}, {"loss.cvr": 0.3}, {"simulate.pages": 170}, {"data.split.test": 0.25}],
    ids=str,
)
def test_a_run_that_learns_otherwise_takes_nothing(finished, overrides):
    experiment = other_study(finished, "otherwise", overrides)
    assert take_weights(experiment) is None
    assert not experiment.run_folder.exists()
