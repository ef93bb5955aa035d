"""Where nothing of the Encoder is trained, texts are encoded once, and training learns what it learned from tokens."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

import small_shop
from tiny_training import training_model
from trainer.adversarial.gradients import differentiate
from trainer.evaluation.scorer import RankerScorer
from trainer.text.backbone import load_backbone
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.batches import PageBatches
from trainer.training.encoded_once import can_encode_once, encode_once
from trainer.training.fit import train
from trainer.training.run import build_packers
from trainer.training.tables import build_tables

FROZEN = {"finetune": {"freeze_layers": 2}}
QUIET = Console(quiet=True)


def both_batches(preset, folder, fixed_shapes=False):
    """A training model with all of its encoder frozen, and a batch of the same pages with tokens and with vectors."""
    experiment = small_shop.experiment(preset, folder, **FROZEN)
    model = training_model(experiment)
    pages, items = small_shop.pages(), small_shop.items()
    packers = build_packers(experiment, load_backbone(experiment.encoder.backbone)[1])
    tables = build_tables(experiment, model.ranker, packers, items, pages)
    scorer = RankerScorer(experiment, model.ranker, packers)
    found = []
    for made in (tables, encode_once(tables, scorer, np.unique(pages.item), QUIET)):
        texts = AugmentedTexts(experiment, packers, pages, items, made)
        batches = PageBatches(pages, made, 4, True, False, fixed_shapes, experiment.seed, texts)
        found.append({name: tf.constant(value) for name, value in next(batches.from_step(0)).items()})
    return model, *found


@pytest.mark.parametrize("fixed_shapes", [False, True])
def test_losses_and_gradients_are_those_of_the_tokens(tiny_preset, tmp_path, fixed_shapes):
    model, tokens, vectors = both_batches(tiny_preset, tmp_path, fixed_shapes)
    assert {"query_tokens", "item_tokens"} <= tokens.keys()
    assert vectors.keys() - tokens.keys() == {"query_vectors", "item_vectors"}
    assert not {"query_tokens", "item_tokens"} & vectors.keys()
    assert len(vectors["item_vectors"]) == len(tokens["item_tokens"])
    parts, expected = (model.loss_parts(batch, training=False) for batch in (vectors, tokens))
    assert parts.keys() == expected.keys()
    for name, value in expected.items():
        assert float(parts[name]) == pytest.approx(float(value), rel=1e-5), name
    found, wanted = (
        differentiate(model, lambda batch=batch: model.loss_parts(batch, training=False)).weights
        for batch in (vectors, tokens)
    )
    moved = 0
    for gradient, other in zip(found, wanted, strict=True):
        assert (gradient is None) == (other is None)
        if other is not None:
            np.testing.assert_allclose(np.asarray(gradient), np.asarray(other), rtol=1e-3, atol=1e-6)
            moved += bool(np.any(np.asarray(gradient)))
    assert moved > 3


@pytest.mark.parametrize(
    ("sections", "once"),
    [
        ({}, True),
        ({"train": {"r_drop": 0.5, "xla": True}}, True),
        ({"adversarial": {"method": "fgm", "epsilon": 0.1}}, False),
        ({"adversarial": {"method": "awp", "epsilon": 0.01}}, False),
        ({"augmentation": {"methods": [{"method": "word_drop", "items": 0.5}]}}, False),
        ({"model": {"interaction": "cross"}}, False),
        ({"finetune": {"freeze_layers": 1}}, False),
        ({"finetune": {}}, False),
    ],
    ids=["frozen", "r_drop", "fgm", "awp", "augmentation", "cross", "one_layer", "trained"],
)
def test_texts_are_encoded_once_only_where_their_vectors_stay(tiny_preset, tmp_path, sections, once):
    experiment = small_shop.experiment(tiny_preset, tmp_path, **{**FROZEN, **sections})
    assert can_encode_once(experiment, training_model(experiment).ranker) is once


def test_a_run_learns_the_same_as_from_tokens_and_says_that_it_encodes_once(tiny_preset, tmp_path, monkeypatch):
    sections = {**FROZEN, "train": {"evaluations": 2, "epochs": 2, "stop_on": None}}
    found = {}
    for name, once in (("vectors", True), ("tokens", False)):
        experiment = small_shop.experiment(tiny_preset, tmp_path / name, **sections)
        with monkeypatch.context() as patched:
            if not once:
                patched.setattr("trainer.training.fit.can_encode_once", lambda *_: False)
            written = io.StringIO()
            folder = train(experiment, small_shop.prepared(tmp_path / name), Console(file=written, width=200))
        assert ("encoded once" in written.getvalue()) is once
        found[name] = json.loads((folder / "history.json").read_text())
    assert len(found["vectors"]) == len(found["tokens"]) > 2
    for point, other in zip(found["vectors"], found["tokens"], strict=True):
        assert point.keys() == other.keys()
        for key in other.keys() - {"examples_per_second", "seconds_per_step"}:
            assert point[key] == pytest.approx(other[key], rel=1e-4, abs=1e-6), key
