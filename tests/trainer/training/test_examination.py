"""Runs that weigh clicks by examination, or learn it."""

import dataclasses
import io
import json

import numpy as np
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import small_shop
from trainer.config import validate_section
from trainer.config.debias import DebiasConfig
from trainer.data.down_sampling import down_sample
from trainer.data.pages import concatenate
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.debiasing.tower_curve import tower_examination
from trainer.errors import InputError
from trainer.training.examination import Examination
from trainer.training.fit import train

SHORT = {"evaluations": 1, "epochs": 1, "stop_on": None}


def run(preset, folder, **sections):
    experiment = small_shop.experiment(preset, folder, **sections)
    console = Console(record=True, file=io.StringIO(), width=120)
    return train(experiment, small_shop.prepared(folder), console), console.export_text()


@pytest.mark.parametrize(
    ("debias", "source"),
    [
        ({"method": "ipw", "curve": {"estimate": "regression_em"}}, "regression_em"),
        ({"method": "ipw", "curve": {"power": 1.0}}, "given"),
        ({"method": "tower"}, "tower"),
        ({"method": "none"}, None),
    ],
    ids=["em", "given", "tower", "none"],
)
def test_each_method_trains_and_keeps_its_curve(debias, source, tiny_preset, tmp_path):
    folder, said = run(tiny_preset, tmp_path, debias=debias, train=SHORT)
    history = json.loads((folder / "history.json").read_text())
    assert all(np.isfinite(point["loss"]) for point in history if "loss" in point)
    curve = ExaminationCurve.load(folder)
    images = EventAccumulator(str(folder / "tensorboard")).Reload().Tags()["tensors"]
    if source is None:
        assert curve is None
        assert "examination" not in images
        return
    assert curve is not None
    assert curve.source == source
    assert curve.examination[0] == 1.0
    assert curve.impressions.sum() == len(small_shop.pages(12, 3).item)
    assert f"examination by position ({source})" in said
    assert "examination" in images
    if source == "given":
        np.testing.assert_allclose(curve.examination, 1 / np.arange(1, len(curve.examination) + 1), atol=1e-6)


def test_weighted_clicks_train_compiled_and_in_mixed_precision(tiny_preset, tmp_path):
    debias = {"method": "ipw", "curve": {"examination": [1.0, 0.5]}}
    for precision, xla in (("bfloat16", False), ("float32", True)):
        folder = tmp_path / precision
        folder.mkdir()
        done, _ = run(tiny_preset, folder, debias=debias, train={**SHORT, "precision": precision, "xla": xla})
        assert (done / "finished.json").exists()


def test_a_run_that_goes_on_keeps_the_curve_that_it_began_with(tiny_preset, tmp_path):
    debias = {"method": "ipw", "curve": {"estimate": "regression_em"}}
    experiment = small_shop.experiment(tiny_preset, tmp_path, debias=debias)
    console, prepared = Console(quiet=True), small_shop.prepared(tmp_path)
    first = Examination(experiment, prepared, tmp_path, console)
    pages = prepared.pages
    other = dataclasses.replace(prepared, pages=dataclasses.replace(pages, clicked=1 - pages.clicked))
    again = Examination(experiment, other, tmp_path, console)
    np.testing.assert_allclose(again.curve.examination, first.curve.examination, atol=1e-6)


def test_the_examination_of_a_tower_is_the_ratio_of_click_probabilities():
    ctr, bias = np.array([0.5, 0.1]), np.array([0.7, 0.0, -1.5])
    logit = np.log(ctr / (1 - ctr))
    means = [np.mean(1 / (1 + np.exp(-(logit + b)))) for b in bias]
    np.testing.assert_allclose(tower_examination(ctr, bias), np.array(means) / means[0])


def test_down_sampling_keeps_every_click_and_a_share_of_the_rest():
    pages = concatenate([small_shop.pages(400, seed) for seed in (1, 2)])
    thin = down_sample(pages, 0.25, seed=4)
    assert (thin.clicked == 1).sum() == (pages.clicked == 1).sum()
    share = (thin.clicked == 0).sum() / (pages.clicked == 0).sum()
    assert share == pytest.approx(0.25, abs=0.03)
    assert thin.sizes.min() >= 1
    assert len(thin) < len(pages)
    np.testing.assert_array_equal(down_sample(pages, 0.25, seed=4).item, thin.item)
    assert down_sample(pages, 1.0, seed=4) is pages


def test_a_down_sampled_run_says_what_it_trains_on(tiny_preset, tmp_path):
    _, said = run(tiny_preset, tmp_path, train={**SHORT, "negative_rate": 0.5})
    assert "train.negative_rate 0.5: " in said


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"debias": {"method": "ipw"}}, r"debias: method: ipw needs curve"),
        ({"debias": {"curve": {"power": 1, "examination": [1.0]}}}, r"debias\.curve: give one of .*found power, exam"),
        ({"debias": {"curve": {}}}, r"debias\.curve: give one of .*found none"),
        ({"debias": {"curve": {"examination": [1.0, 0.0]}}}, r"debias\.curve\.examination\.1"),
        ({"debias": {"method": "ipw", "clip": 0.5, "curve": {"power": 1}}}, r"debias\.clip"),
        ({"debias": {"method": "ipw", "curve": {"power": 1}}, "data": {"log": "clicks"}}, "needs a log of impressions"),
        ({"train": {"negative_rate": 0.5}, "data": {"log": "clicks"}}, r"lower data\.negatives\.per_click"),
        ({"train": {"negative_rate": 0.5}, "debias": {"method": "ipw", "curve": {"power": 1}}}, "can't go with debias"),
        ({"train": {"negative_rate": 0}}, r"train\.negative_rate"),
    ],
)
def test_wrong_settings_are_refused_with_their_path(sections, message, tmp_path):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(tmp_path, tmp_path, **sections)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,1\n3,0.5", "column 'position' must hold 1, 2, 3"),
        ("1,1\n2,1.5", r"column 'examination' must be above 0 and at most 1 \(row 2 has 1.5\)"),
    ],
)
def test_a_faulty_table_of_examination_is_named(rows, message, tiny_preset, tmp_path):
    table = tmp_path / "curve.csv"
    table.write_text("position,examination\n" + rows + "\n")
    debias = {"method": "ipw", "curve": {"table": str(table)}}
    experiment = small_shop.experiment(tiny_preset, tmp_path, debias=debias)
    with pytest.raises(InputError, match=message):
        Examination(experiment, small_shop.prepared(tmp_path), tmp_path, Console(quiet=True))


def test_a_method_decides_in_place_of_the_switch_of_the_model(tmp_path):
    def method(**sections):
        return small_shop.experiment(tmp_path, tmp_path, **sections).debias_method

    assert method() == "tower"
    assert method(model={"position_bias": False}) == "none"
    assert method(debias={"method": "none"}) == "none"
    assert validate_section(DebiasConfig, {"method": "tower"}, "x").clip == 10
