"""The training benchmark, on the tiny backbone."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

import small_shop
from tools.benchmarks.figures import NotHere
from tools.benchmarks.simulated_data import moved
from tools.benchmarks.training import benchmark_training, measure_training, texts_of, training_figures, unshared
from trainer.errors import InputError
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.batches import PageBatches
from trainer.training.run import build_packers
from trainer.training.tables import build_tables


@pytest.mark.parametrize("interaction", ["bi", "cross"])
def test_texts_encoded_apart_give_the_same_logits(tiny_preset, tmp_path, interaction):
    experiment = small_shop.experiment(tiny_preset, tmp_path, model={"interaction": interaction})
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id)
    for variable in ranker.head.trainable_variables:
        variable.assign_add(np.random.default_rng(1).normal(0, 0.3, variable.shape))
    pages = small_shop.pages(count=7)
    tables = build_tables(experiment, ranker, build_packers(experiment, tokenizer), small_shop.items(), pages)
    shared = PageBatches(pages, tables, 7, True, interaction == "cross", False, 1).batch(np.arange(7))
    apart = unshared(shared)
    # Seven pages of five distinct queries, whose candidates are eight distinct items.
    assert (len(shared["query_tokens"]), len(shared["item_tokens"])) == (5, 8)
    assert (len(apart["query_tokens"]), len(apart["item_tokens"])) == (7, len(pages.item))
    pairs = len(pages.item) if interaction == "cross" else 0
    assert texts_of(apart) == 7 + len(pages.item) + pairs
    expected, found = (
        ranker({name: tf.constant(value) for name, value in batch.items()}, training=False) for batch in (shared, apart)
    )
    mask = shared["mask"]
    for task, logits in expected.items():
        assert np.ptp(logits.numpy()[mask]) > 0.01
        np.testing.assert_allclose(found[task].numpy()[mask], logits.numpy()[mask], atol=1e-5)


def test_three_ways_are_timed_on_the_same_pages(tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path, train={"pages_per_batch": 12})
    prepared = small_shop.prepared(tmp_path)
    speeds, encoded = measure_training(experiment, prepared, steps=1)
    assert {way: len(found) for way, found in speeds.items()} == {"plain": 1, "once": 1, "grouped": 1}
    assert min(min(found) for found in speeds.values()) > 0
    # One batch holds all twelve training pages: five distinct queries and eight distinct items.
    plain = 12 + len(prepared.pages.split("train").item)
    assert encoded == {"plain": [plain], "once": [13], "grouped": [13]}


def test_speed_ups_are_medians_of_the_ratios_to_the_plain_step_beside_them():
    # The machine was half as fast in the second step: the ratios are 1.5, 1.5, 2 and 5, 6, 4.
    speeds = {"plain": [20.0, 10.0, 20.0], "once": [30.0, 15.0, 40.0], "grouped": [100.0, 60.0, 80.0]}
    found = training_figures(speeds, {"plain": [9, 9, 9], "once": [6, 5, 7], "grouped": [2, 3, 3]})
    by_key = {figure.key: figure.value for figure in found}
    assert (by_key["once.speed_up"], by_key["grouped.speed_up"]) == (1.5, 5.0)
    assert by_key["grouped.candidates_per_second"] == 80.0
    assert by_key["once.texts_per_step"] == 6


def test_the_tables_go_to_a_folder_of_their_own(tmp_path):
    experiment = small_shop.experiment(tmp_path, tmp_path)
    data = moved(experiment, Path("elsewhere")).data
    assert (data.items, data.search_log) == (
        Path("elsewhere/data/items.parquet"),
        Path("elsewhere/data/search_log.parquet"),
    )
    assert (data.prepared, data.users) == (Path("elsewhere/prepared"), None)


def test_without_weights_or_a_simulation_nothing_is_trained(tmp_path):
    raw = small_shop.experiment(tmp_path / "no_weights", tmp_path).model_dump(mode="json")
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(raw))
    with pytest.raises(InputError, match=r"config\.yaml: has no section 'simulate'"):
        benchmark_training(config)
    config.write_text(yaml.safe_dump(raw | {"simulate": {"source": "marketplace"}}))
    with pytest.raises(NotHere, match="no_weights; fetch the weights"):
        benchmark_training(config)
