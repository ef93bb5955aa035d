"""The picture and TensorBoard's table of a study."""

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import metadata

from tools.study.comparison import compare
from tools.study.finished import FinishedStudy
from tools.study.picture import draw
from tools.study.plan import plan_runs, read_study


def summaries(folder: Path) -> dict:
    """The summary values of the one event file of a folder, by tag."""
    (file,) = folder.glob("events.*")
    return {value.tag: value for event in EventFileLoader(str(file)).Load() for value in event.summary.value}


def test_tensorboard_has_one_table_over_the_runs(job):
    folder = job.folder / "studies" / "rates" / "tensorboard"
    experiment = summaries(folder)[metadata.EXPERIMENT_TAG]
    table = metadata.parse_experiment_plugin_data(experiment.metadata.plugin_data.content)
    columns = ["variant", "seed", "train.head_learning_rate", "finetune.freeze_layers"]
    assert [info.name for info in table.hparam_infos] == columns
    assert [info.name.tag for info in table.metric_infos][:2] == ["pair accuracy", "test.ctr.auc"]
    for variant, seed, rate, frozen in (("slow", 1, 1e-3, "none"), ("fast", 2, 0.05, "2")):
        run = summaries(folder / variant / f"seed-{seed}")
        begun = metadata.parse_session_start_info_plugin_data(
            run[metadata.SESSION_START_INFO_TAG].metadata.plugin_data.content
        )
        assert begun.hparams["variant"].string_value == variant
        assert begun.hparams["seed"].number_value == seed
        assert begun.hparams["train.head_learning_rate"].number_value == pytest.approx(rate)
        assert begun.hparams["finetune.freeze_layers"].string_value == frozen
        measured = json.loads((job.run_folder(variant, seed) / "metrics.json").read_text())
        assert run["pair accuracy"].tensor.float_val[0] == pytest.approx(measured["judged.pair_accuracy"])
        assert metadata.SESSION_END_INFO_TAG in run
        assert "what no run has" not in run


def test_the_picture_has_a_panel_a_metric_and_is_linked_once_it_is_there(job, tmp_path):
    study = read_study(job.path)
    found = FinishedStudy.load(study, job.path, plan_runs(study, job.path))
    draw(found, tmp_path / "a.svg")
    draw(found, tmp_path / "b.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    for word in ("pair accuracy", "test.ctr.auc", "fast", "difference from slow"):
        assert word in text
    assert "share trained" not in text


def test_every_metric_compares_every_variant_and_a_missing_one_is_none(job):
    study = read_study(job.path)
    found = FinishedStudy.load(study, job.path, plan_runs(study, job.path))
    rows = compare(found, next(metric for metric in study.metrics if metric.title == "what no run has"))
    assert [(row.variant, row.value, row.seeds, row.difference) for row in rows] == [
        ("slow", None, 0, None),
        ("fast", None, 0, None),
    ]
