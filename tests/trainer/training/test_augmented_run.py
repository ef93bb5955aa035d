"""A run that rewrites texts: validation, evaluation and the bundle see them as they are."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops
from rich.console import Console

import small_shop
from trainer.config import AugmentationConfig
from trainer.evaluation.scorer import RankerScorer
from trainer.export.export import export_run
from trainer.export.requests import page_request
from trainer.metrics.page_metrics import page_metrics
from trainer.training.fit import train
from trainer.training.run import load_run

METHODS = [{"method": "keyboard_typos", "queries": 1.0, "items": 1.0}]
TRAIN = {"evaluations": 1, "epochs": 2, "stop_on": None}
NONE = {"items": [], "users": [], "context": []}


@pytest.fixture(scope="module")
def runs(tiny_preset, tmp_path_factory):
    """A run that misspells every text, and one that does not."""
    found = {}
    for name, methods in (("misspelt", METHODS), ("plain", [])):
        folder = tmp_path_factory.mktemp(name)
        sections = {"train": TRAIN, "features": NONE, "augmentation": {"methods": methods}}
        experiment = small_shop.experiment(tiny_preset, folder, **sections)
        found[name] = train(experiment, small_shop.prepared(folder), Console(quiet=True))
    return found


def history(folder) -> list[dict[str, float]]:
    return json.loads((folder / "history.json").read_text())


def test_training_sees_rewritten_texts(runs):
    losses = {name: [p["loss"] for p in history(folder) if "loss" in p] for name, folder in runs.items()}
    assert np.isfinite(losses["misspelt"]).all()
    assert not np.allclose(losses["misspelt"], losses["plain"], rtol=1e-3)


def test_validation_sees_the_texts_as_they_are(runs):
    before = {name: next(p for p in history(folder) if "valid.gauc" in p) for name, folder in runs.items()}
    assert before["misspelt"]["step"] == 0
    assert before["misspelt"] == before["plain"]
    run = load_run(runs["misspelt"])
    last = [p for p in history(run.folder) if "valid.gauc" in p][-1]
    valid = small_shop.prepared(run.folder).pages.split("valid")
    scores = RankerScorer(run.experiment, run.ranker, run.packers)(valid, small_shop.items())
    assert page_metrics(valid, scores, "valid", 10)["valid.gauc"] == pytest.approx(last["valid.gauc"])


def test_evaluation_and_bundle_are_those_of_the_weights_without_augmentation(runs):
    run = load_run(runs["misspelt"])
    plain = run.experiment.model_copy(update={"augmentation": AugmentationConfig()})
    items, pages = small_shop.items(), small_shop.pages(6, 5, "test")
    expected = RankerScorer(plain, run.ranker, run.packers)(pages, items)
    np.testing.assert_array_equal(
        RankerScorer(run.experiment, run.ranker, run.packers)(pages, items).score, expected.score
    )
    bundle = tf.saved_model.load(str(export_run(run, items, pages, {"data_hash": "x"})))
    asked = page_request(plain, run.ranker, pages, items)
    inputs = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in asked.items()}
    served = bundle.signatures["rank"](**inputs)["score"].numpy()
    for page, scores in enumerate(np.split(expected.score, pages.offset[1:-1])):
        assert served[page, : len(scores)] == pytest.approx(np.sort(scores)[::-1], abs=1e-5)
