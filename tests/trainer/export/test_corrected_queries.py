"""Bundles that correct queries by the words of their items."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import small_shop
from small_run import random_run
from trainer.export.export import export_run
from trainer.training.run import build_packers, learn_spelling


@pytest.fixture(scope="module")
def run(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corrected")
    encoder = {"spelling": "catalogue", "spelling_items": 1}
    run = random_run(folder, small_shop.experiment(tiny_preset, folder, encoder=encoder))
    spelling = learn_spelling(run.experiment, folder, small_shop.items())
    return dataclasses.replace(run, packers=build_packers(run.experiment, run.packers["query"].tokenizer, spelling))


def exported(run, items, moved):
    """The bundle, loaded from another place than it was made in."""
    target = export_run(run, items, small_shop.pages(), {"data_hash": "x"}, models=moved / "made")
    shutil.move(target, moved / "moved")
    return tf.saved_model.load(str(moved / "moved"))


def vectors(model, *queries):
    return model.signatures["encode_query"](query=tf.constant(list(queries)))["vector"].numpy()


def test_a_misspelt_query_is_ranked_as_the_right_one(run, tmp_path, rank, request_of):
    model = exported(run, small_shop.items(), tmp_path)
    typed = request_of(run, small_shop.pages())
    misspelt = {**typed, "query": np.array([q.replace("chair", "chiar") for q in typed["query"]], object)}
    assert (misspelt["query"] != typed["query"]).any()
    right, found = rank(model, typed), rank(model, misspelt)
    assert found["item_id"].tolist() == right["item_id"].tolist()
    np.testing.assert_allclose(found["score"], right["score"], atol=1e-6)
    lamp, slip, other = vectors(model, "red lamp", "red lmap", "red lxxp")
    np.testing.assert_allclose(slip, lamp, atol=1e-6)
    assert np.abs(other - lamp).max() > 1e-3


def test_words_of_a_newer_table_are_known(run, tmp_path):
    items = small_shop.items()
    newer = pd.concat([items, items.iloc[[0]].assign(item_id="new", title="lmap", text="lmap")], ignore_index=True)
    before = exported(run, items, tmp_path / "before")
    after = exported(run, newer, tmp_path / "after")
    lamp, slip = vectors(before, "red lamp", "red lmap")
    np.testing.assert_allclose(slip, lamp, atol=1e-6)
    lamp, brand = vectors(after, "red lamp", "red lmap")
    assert np.abs(brand - lamp).max() > 1e-3
