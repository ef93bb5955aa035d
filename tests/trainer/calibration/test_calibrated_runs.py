"""Runs that are calibrated and scored by a formula, from training to the bundle."""

import dataclasses
import io
import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops
from rich.console import Console
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import small_shop
import tables_of_shop
from trainer.calibration.fit import calibrate_folder, fit_calibration
from trainer.calibration.storage import CALIBRATION
from trainer.config import validate_section
from trainer.config.calibration import CalibrationConfig
from trainer.data.prepared import ensure_prepared
from trainer.errors import InputError
from trainer.evaluation.run_evaluation import evaluate_run
from trainer.evaluation.scorer import RankerScorer
from trainer.export.export import export_folder
from trainer.training.fit import train
from trainer.training.run import load_run

SCORE = "ctr * cvr^0.8 * bid^0.3"
NEGATIVE = "ctr - price^0.5 - 2"
CALIBRATED = {"method": "platt", "min_rows": 200}


def quiet() -> Console:
    return Console(quiet=True)


def heard() -> Console:
    return Console(record=True, file=io.StringIO(), width=200)


@pytest.fixture(scope="module")
def trained(tiny_preset, tmp_path_factory):
    """A finished run, and what its training said."""
    folder = tmp_path_factory.mktemp("calibrated")
    tables_of_shop.write_tables(folder)
    experiment = tables_of_shop.experiment(tiny_preset, folder, calibration=CALIBRATED, model={"score": SCORE})
    console = heard()
    return train(experiment, ensure_prepared(experiment, progress=False), console), console.export_text()


@pytest.fixture(scope="module")
def data(trained):
    """The prepared data."""
    return ensure_prepared(load_run(trained[0]).experiment, progress=False)


def scored(run, data, split="valid"):
    """Pages of a split and their scores with what the run was calibrated by."""
    pages = data.pages.split(split)
    return pages, RankerScorer(run.experiment, run.ranker, run.packers, outputs=run.outputs)(pages, data.items)


def refitted(folder, data, **changes):
    """The run under a calibration that is fitted but not written."""
    run = load_run(folder, calibrated=False)
    config = validate_section(CalibrationConfig, {**CALIBRATED, **changes}, "calibration")
    run = dataclasses.replace(run, experiment=run.experiment.model_copy(update={"calibration": config}))
    calibration, _ = fit_calibration(run, data)
    return dataclasses.replace(run, calibration=calibration)


def answered(bundle, signature="rank", **inputs):
    given = {"query": ["red lamp"], "user_id": [""], "history": [[""]]} | inputs
    model = tf.saved_model.load(str(bundle))
    found = model.signatures[signature](**{name: tf.constant(value) for name, value in given.items()})
    return {name: value.numpy()[0] for name, value in found.items()}


def weights(bundle):
    """The variables of a bundle but for the columns of its item table, by name."""
    reader = tf.train.load_checkpoint(str(bundle / "variables" / "variables"))
    names = [n for n in reader.get_variable_to_shape_map() if "columns" not in n and not n.startswith("_CHECKPOINT")]
    return {name: reader.get_tensor(name) for name in names}


def test_training_ends_with_a_calibration_that_agrees_with_the_validation_pages_and_keeps_the_order(trained, data):
    folder, said = trained
    run = load_run(folder)
    fitted = run.calibration.fitted
    assert fitted["rows"] == len(data.pages.split("valid").item)
    for target in ("ctr", "ctcvr"):
        error = fitted["ece"][target]
        assert error["before"] > 2 * error["after"]
        assert f"calibrated {target} (platt): error on the valid pages {error['before']:.4f} before" in said
    pages, scores = scored(run, data)
    # A logistic curve of the highest likelihood predicts as many ones as there are, but for the labels drawn in a little.
    assert scores.ctr.mean() == pytest.approx(pages.clicked.mean(), abs=0.01)
    assert scores.ctcvr.mean() == pytest.approx(pages.purchased.mean(), abs=0.01)
    for label, before, after in (
        (pages.clicked, scores.ctr_uncalibrated, scores.ctr),
        (pages.purchased, scores.ctcvr_uncalibrated, scores.ctcvr),
    ):
        assert roc_auc_score(label, after) == pytest.approx(roc_auc_score(label, before), abs=1e-6)
    curve = run.calibration.ctr
    expected = expit(curve.slope * logit(scores.ctr_uncalibrated.astype(np.float64)) + curve.intercept)
    np.testing.assert_allclose(scores.ctr, expected, atol=1e-6)
    np.testing.assert_allclose(scores.ctr * scores.cvr, scores.ctcvr, atol=1e-6)


def test_the_score_of_a_run_is_its_formula_with_the_median_for_missing_bids(trained, data):
    pages, scores = scored(load_run(trained[0]), data, "test")
    bid = np.array(tables_of_shop.BIDS)[pages.item]
    bid[np.isnan(bid)] = 1.5
    np.testing.assert_allclose(scores.score, scores.ctr * scores.cvr**0.8 * bid**0.3, rtol=1e-5)


def test_the_error_falls_by_isotonic_and_by_segment_too(trained, data):
    folder, _ = trained
    for changes in (
        {"method": "isotonic"},
        {"segment": "brand", "min_rows": 100},
        {"segment": "query_frequency", "min_rows": 100},
        {"split": "train"},
    ):
        error = refitted(folder, data, **changes).calibration.fitted["ece"]
        for target in ("ctr", "ctcvr"):
            assert error[target]["after"] < max(error[target]["before"], 0.03), (changes, target)


def test_each_segment_agrees_with_the_rate_seen_in_it(trained, data):
    run = refitted(trained[0], data, segment="brand", min_rows=100)
    assert set(run.calibration.ctr.segments) == {"acme", "bolt"}
    assert any("2 of 3 segments have a curve of their own" in note for note in run.calibration.notes)
    pages, scores = scored(run, data)
    brand = data.items["brand"].to_numpy(object)[pages.item]
    for name in ("acme", "bolt"):
        assert scores.ctr[brand == name].mean() == pytest.approx(pages.clicked[brand == name].mean(), abs=0.015)


def test_too_few_purchases_leave_ctcvr_as_calibrated_ctr_times_cvr(trained, data):
    few = np.where(np.cumsum(data.pages.purchased == 1) > 9, 0, data.pages.purchased).astype(np.int8)
    poor = dataclasses.replace(data, pages=dataclasses.replace(data.pages, purchased=few))
    run = refitted(trained[0], poor)
    assert run.calibration.ctcvr is None
    assert "ctcvr has no calibration of its own" in run.calibration.notes[0]
    _, scores = scored(run, data)
    np.testing.assert_allclose(scores.ctcvr, scores.ctr * scores.cvr, atol=1e-7)


def test_an_evaluation_has_the_errors_before_and_after_and_the_pictures(trained):
    folder, _ = trained
    evaluate_run(folder, "test", quiet())
    metrics = json.loads((folder / "metrics.json").read_text())
    for target in ("ctr", "ctcvr"):
        assert metrics[f"test.{target}.ece"] < metrics[f"test.{target}.ece_uncalibrated"]
    shown = EventAccumulator(str(folder / "tensorboard")).Reload().Tags()["tensors"]
    for split in ("valid", "test"):
        for target in ("ctr", "ctcvr"):
            assert {f"{split}/calibration/{target}", f"{split}/precision_recall/{target}"} <= set(shown)


def test_bundles_have_the_calibrated_probabilities_and_the_declared_score(trained, data):
    folder, _ = trained
    first = export_folder(folder, None, quiet())
    manifest = json.loads((first / "manifest.json").read_text())
    assert manifest["score"] == SCORE
    assert manifest["calibration"]["method"] == "platt"
    assert manifest["parity"]["max_difference"] <= 1e-5
    assert manifest["signatures"]["rank_items"]["inputs"]["bid"] == "float32 [?, ?]"
    pages, scores = scored(load_run(folder), data, "test")
    size = int(pages.sizes[0])
    ids = data.items["item_id"].to_numpy(object)[pages.item[:size]].astype(str)
    found = answered(first, query=[pages.table["query"].iloc[0]], item_id=[[*ids, ""]])
    place = [list(ids).index(i) for i in found["item_id"][:size].astype(str)]
    np.testing.assert_allclose(found["ctr"][:size], scores.ctr[:size][place], atol=1e-5)
    np.testing.assert_allclose(found["ctcvr"][:size], scores.ctcvr[:size][place], atol=1e-5)
    brought = answered(
        first,
        "rank_items",
        item_id=[["a", "b", "c"]],
        title=[["red lamp"] * 3],
        brand=[["acme"] * 3],
        price=np.full((1, 3), 10, np.float32),
        vector=np.zeros((1, 3, 3), np.float32),
        bid=np.array([[0.5, np.nan, 8.0]], np.float32),
    )
    assert brought["item_id"].tolist() == [b"c", b"b", b"a"]
    np.testing.assert_allclose(brought["score"] / brought["score"][2], np.array([16, 3, 1]) ** 0.3, rtol=1e-4)


def test_another_score_at_export_is_a_new_version_with_the_same_weights(trained):
    folder, _ = trained
    evaluated = {"test.ctr.auc": 0.5, "test.gauc": 0.5}
    (folder / "metrics.json").write_text(json.dumps(evaluated))
    first = export_folder(folder, None, quiet())
    console = heard()
    calibrate_folder(folder, {"segment": "query_frequency", "min_rows": 100}, console)
    assert "removed" in console.export_text()
    assert not (folder / "metrics.json").exists()
    (folder / "metrics.json").write_text(json.dumps(evaluated))
    second = export_folder(folder, None, quiet(), score=NEGATIVE)
    assert int(second.name) == int(first.name) + 1
    before, after = weights(first), weights(second)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    manifest = json.loads((second / "manifest.json").read_text())
    assert manifest["score"] == NEGATIVE
    assert manifest["calibration"]["segment"] == "query_frequency"
    assert manifest["metrics"] == {"test.ctr.auc": 0.5}
    found = answered(second, item_id=[["", "i0", "", "i4", "new"]])
    assert found["item_id"].tolist() == [b"i0", b"new", b"i4", b"", b""]
    assert (found["score"][:3] < -2).all()
    assert (found["score"][3:] == 0).all()
    price = np.array([10.0, 20.0, 150.0])  # the new item counts with the median of those shown
    np.testing.assert_allclose(found["score"][:3], found["ctr"][:3] - price**0.5 - 2, rtol=1e-5)
    with pytest.raises(InputError, match=r"model\.score: unknown name 'margin'; known: ctr, cvr, ctcvr, price, bid"):
        export_folder(folder, None, quiet(), score="ctr * margin")
    with pytest.raises(InputError, match=r"--score: model\.score: 'title' is text"):
        export_folder(folder, None, quiet(), score="ctr * title")


def test_a_calibration_can_be_taken_off_and_a_missing_one_is_made_up_for(trained, data):
    folder, _ = trained
    calibrate_folder(folder, {"method": "none"}, quiet())
    run = load_run(folder)
    assert run.calibration is None
    assert scored(run, data)[1].ctr_uncalibrated is None
    (folder / CALIBRATION).unlink()
    with pytest.raises(InputError, match="not calibrated yet"):
        load_run(folder)
    train(run.experiment, data, quiet())
    assert load_run(folder).calibration.config.method == "platt"
    (folder / CALIBRATION).write_text("{}")
    with pytest.raises(InputError, match=r"calibration\.json: damaged"):
        load_run(folder)
    calibrate_folder(folder, {}, quiet())
    assert load_run(folder).calibration.config.method == "platt"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_rows": 10_000}, r"^calibration\.min_rows: 10,000 impressions are asked for, the valid pages have \d+; "),
        ({"method": "beta"}, r"^calibration: method: input should be 'none', 'platt' or 'isotonic'"),
        ({"segment": "price"}, r"calibration\.segment: 'price' is no declared categorical feature; known: query_freq"),
        ({"method": "isotonic", "segment": "brand"}, r"segment: brand goes with method: platt"),
    ],
)
def test_a_wrong_calibration_of_a_run_is_one_clear_line(trained, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        calibrate_folder(trained[0], changes, quiet())
    assert "\n" not in str(caught.value)


def test_too_few_rows_are_refused_before_training(tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path, calibration={"method": "platt"})
    with pytest.raises(
        InputError, match=r"calibration\.min_rows: 1,000 .* the valid pages have \d+; raise data\.split"
    ):
        train(experiment, small_shop.prepared(tmp_path), quiet())
    assert not experiment.run_folder.exists()
    unclicked = small_shop.prepared(tmp_path)
    unclicked.pages.clicked[:] = 0
    experiment = small_shop.experiment(tiny_preset, tmp_path, calibration={"method": "platt", "min_rows": 1})
    with pytest.raises(InputError, match=r"the valid pages have 0 clicks .* 10 with and 10 without"):
        train(experiment, unclicked, quiet())


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"data": {"log": "clicks"}}, r"calibration\.method: needs data\.log: impressions"),
        ({"calibration": {"method": "platt", "segment": "hour"}}, r"calibration\.segment: 'hour' is no declared"),
        ({"calibration": {"method": "platt", "min_rows": 0}}, r"calibration\.min_rows"),
    ],
)
def test_a_calibration_that_can_mean_nothing_is_refused_with_its_path(sections, message, tmp_path):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(tmp_path, tmp_path, **({"calibration": {"method": "platt"}} | sections))


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ("ctr * margin", r"model\.score: unknown name 'margin'; known: ctr, cvr, ctcvr, price, bid$"),
        ("ctr * colour", r"model\.score: column 'colour' of .*items\.parquet holds no numbers; known: ctr, cvr"),
    ],
)
def test_a_score_over_columns_that_hold_no_numbers_is_refused_before_training(score, said, tiny_preset, tmp_path):
    tables_of_shop.write_tables(tmp_path)
    experiment = tables_of_shop.experiment(tiny_preset, tmp_path, model={"score": score})
    with pytest.raises(InputError, match=said):
        ensure_prepared(experiment, progress=False)
