"""The folder `two_tower` of a run."""

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys

import faiss
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from rich.console import Console

import small_shop
from trainer.errors import InputError
from trainer.evaluation.scorer import RankerScorer
from trainer.retrieval.artefact import read_item_vectors
from trainer.retrieval.new_items import embed_items
from trainer.retrieval.two_tower import train_towers
from trainer.training.tables import build_tables

QUIET = Console(file=io.StringIO())
DEPTH = 32


def asked(tower, pages: int = 2, length: int = 2, **given) -> np.ndarray:
    request = {
        "query_vector": np.eye(pages, DEPTH, dtype=np.float32),
        "user_id": np.array(["u1"] * pages, object),
        "history": np.full((pages, length), "i2", object),
        "segment": np.array(["new"] * pages, object),
    } | given
    kinds = {"query_vector": tf.float32}
    return tower.vectors(**{name: tf.constant(v, kinds.get(name, tf.string)) for name, v in request.items()}).numpy()


@pytest.fixture(scope="module")
def tower(two_tower):
    return tf.saved_model.load(str(two_tower / "query_tower"))


def test_every_item_has_a_unit_vector(two_tower):
    ids, vectors = read_item_vectors(two_tower / "items.parquet")
    assert list(ids) == [f"i{n}" for n in range(8)]
    assert vectors.shape == (8, 8)
    assert vectors.dtype == np.float32
    # One has no text.
    np.testing.assert_allclose(np.delete(np.linalg.norm(vectors, axis=1), 6), 1.0, atol=1e-5)
    assert pd.read_parquet(two_tower / "items.parquet").columns.tolist() == ["item_id", "vector"]


def test_pages_histories_and_both_may_be_none_at_all(tower):
    assert asked(tower).shape == (2, 8)
    assert asked(tower, pages=0).shape == (0, 8)
    none = asked(tower, length=0)
    np.testing.assert_allclose(none, asked(tower, history=np.full((2, 2), "", object)), atol=1e-6)
    assert asked(tower, pages=0, length=0).shape == (0, 8)


def test_who_and_what_is_unknown_has_a_sensible_vector(tower):
    nothing = asked(
        tower,
        query_vector=np.zeros((2, DEPTH)),
        user_id=np.array(["", "nobody"], object),
        history=np.array([["", ""], ["gone", ""]], object),
        segment=np.array(["", "other"], object),
    )
    np.testing.assert_allclose(np.linalg.norm(nothing, axis=1), 1.0, atol=1e-5)
    known = asked(tower)
    assert np.abs(known - asked(tower, user_id=np.array(["nobody"] * 2, object))).max() > 1e-4
    assert np.abs(known - asked(tower, history=np.full((2, 2), "", object))).max() > 1e-4


def test_a_page_has_the_vector_that_it_has_alone_whatever_pads_its_history(tower):
    both = asked(tower, history=np.array([["i2", ""], ["i3", "i1"]], object))
    alone = asked(tower, pages=1, history=np.array([["i2"]], object))
    np.testing.assert_allclose(both[:1], alone, atol=1e-6)


def test_clicks_beyond_the_declared_length_do_not_count(tower):
    long = np.array([[f"i{n % 8}" for n in range(14)]] * 2, object)
    np.testing.assert_allclose(asked(tower, history=long), asked(tower, history=long[:, :10]), atol=1e-6)


def test_it_survives_being_saved_again_inside_another_module(two_tower, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(two_tower, moved)
    loaded = tf.saved_model.load(str(moved / "query_tower"))
    expected = asked(loaded)
    outer = tf.Module()
    outer.tower = loaded
    outer.vectors = tf.function(
        lambda query_vector, user_id, history, segment: outer.tower.vectors(
            query_vector=query_vector, user_id=user_id, history=history, segment=segment
        )
    )
    outer.vectors.get_concrete_function(
        query_vector=tf.TensorSpec([None, DEPTH], tf.float32),
        user_id=tf.TensorSpec([None], tf.string),
        history=tf.TensorSpec([None, None], tf.string),
        segment=tf.TensorSpec([None], tf.string),
    )
    tf.saved_model.save(outer, str(tmp_path / "outer"))
    del loaded
    shutil.rmtree(moved)
    again = tf.saved_model.load(str(tmp_path / "outer"))
    np.testing.assert_array_equal(asked(again), expected)


def test_a_process_without_keras_loads_it(two_tower):
    program = (
        "import sys, tensorflow as tf\n"
        f"tower = tf.saved_model.load({str(two_tower / 'query_tower')!r})\n"
        f"x = tower.vectors(query_vector=tf.zeros([1, {DEPTH}]), user_id=tf.constant(['u1']),\n"
        "  history=tf.constant([['i1']]), segment=tf.constant(['new']))\n"
        "assert x.shape == (1, 8)\n"
        "assert not {'tf_keras', 'tensorflow_recommenders'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_keras_2_does_not_leak_into_this_process(two_tower):
    assert "TF_USE_LEGACY_KERAS" not in os.environ
    assert not {"tf_keras", "tensorflow_recommenders"} & set(sys.modules)


def test_the_item_tower_gives_items_what_the_file_holds_and_new_ones_a_vector(shop, two_tower):
    run, prepared = shop
    tables = build_tables(run.experiment, run.ranker, run.packers, prepared.items, small_shop.pages())
    texts = RankerScorer(run.experiment, run.ranker, run.packers).vectors(tables.item_tokens, tables.pad)
    _, vectors = read_item_vectors(two_tower / "items.parquet")
    np.testing.assert_allclose(embed_items(run, two_tower, prepared.items, texts), vectors, atol=1e-5)
    new = prepared.items.assign(item_id=[f"new{n}" for n in range(8)])
    found = embed_items(run, two_tower, new, texts)
    np.testing.assert_allclose(np.delete(np.linalg.norm(found, axis=1), 6), 1.0, atol=1e-5)
    assert np.abs(found - vectors).max() > 1e-3


def test_what_is_there_is_replaced_and_what_a_killed_run_left_is_removed(shop, two_tower, tmp_path):
    folder = tmp_path / "two_tower"
    shutil.copytree(two_tower, folder)
    (folder / "old").touch()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".two_tower.making-{ended.pid}").mkdir()
    run, prepared = shop
    facts = train_towers(run, prepared, folder, QUIET)
    # One seed, one result.
    again, first = (read_item_vectors(made / "items.parquet")[1] for made in (folder, two_tower))
    np.testing.assert_array_equal(again, first)
    assert facts == json.loads((folder / "two_tower.json").read_text())
    assert sorted(p.name for p in folder.iterdir()) == ["item_tower", "items.parquet", "query_tower", "two_tower.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["two_tower"]


def test_a_training_that_fails_leaves_what_was_there(shop, two_tower, tmp_path):
    run, prepared = shop
    folder = tmp_path / "two_tower"
    shutil.copytree(two_tower, folder)
    config = run.experiment.retrieval.model_copy(update={"temperature": 1e-38})
    broken = dataclasses.replace(run, experiment=run.experiment.model_copy(update={"retrieval": config}))
    with pytest.raises(InputError, match="no number"):
        train_towers(broken, prepared, folder, QUIET)
    assert (folder / "two_tower.json").read_bytes() == (two_tower / "two_tower.json").read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["two_tower"]


def test_the_child_ends_with_the_process_that_started_it(made_material, tmp_path):
    made_material(epochs=100_000, patience=100_000).save(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "trainer.retrieval", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdin is not None
            assert json.loads(child.stdout.readline())["epoch"] == 0
            child.stdin.close()
            assert child.wait(timeout=60) == 3
        finally:
            child.kill()
    assert not (tmp_path / "made").exists()


def test_without_clicks_or_log_there_is_one_clear_line(shop, tmp_path):
    run, prepared = shop
    nothing = dataclasses.replace(prepared.pages, clicked=np.zeros_like(prepared.pages.clicked))
    with pytest.raises(InputError, match="no click on the training pages"):
        train_towers(run, dataclasses.replace(prepared, pages=nothing), tmp_path / "two_tower", QUIET)
    with pytest.raises(InputError, match="human judgments only"):
        train_towers(run, dataclasses.replace(prepared, pages=None), tmp_path / "two_tower", QUIET)
    assert not list(tmp_path.iterdir())


def test_a_log_without_users_validation_and_features_is_enough(shop, tmp_path):
    run, prepared = shop
    table = prepared.pages.table.assign(user_id="", query="", split="train").drop(columns="history")
    table["history"] = [[] for _ in range(len(table))]
    pages = dataclasses.replace(prepared.pages, table=table)
    facts = train_towers(run, dataclasses.replace(prepared, pages=pages), tmp_path / "two_tower", QUIET)
    assert facts["counts"]["known_users"] == 0
    assert facts["valid"] == {}
    loaded = tf.saved_model.load(str(tmp_path / "two_tower" / "query_tower"))
    found = asked(loaded)
    assert np.isfinite(found).all()


def test_faiss_reads_the_vectors_as_the_guide_says(two_tower):
    items = pd.read_parquet(two_tower / "items.parquet")
    vectors = np.stack(items["vector"].tolist()).astype("float32")
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    scores, rows = index.search(vectors[:1], 3)
    assert items["item_id"].iloc[rows[0, 0]] == "i0"
    assert scores[0, 0] == pytest.approx(1.0, abs=1e-5)
