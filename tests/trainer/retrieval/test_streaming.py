"""Nearest items part by part."""

import numpy as np
import tensorflow as tf

from trainer.retrieval.artefact import read_item_vectors, write_item_vectors
from trainer.retrieval.brute_force import BruteForce
from trainer.retrieval.streaming import streaming_top_k, vector_parts


def test_parts_of_a_file_give_what_all_items_at_once_give(tmp_path):
    random = np.random.default_rng(2)
    vectors = random.normal(size=(1003, 5)).astype(np.float32)
    queries = random.normal(size=(4, 5)).astype(np.float32)
    ids = [f"i{n}" for n in range(1003)]
    write_item_vectors(tmp_path / "items.parquet", ids, np.split(vectors, [400, 401]))
    parts = list(vector_parts(tmp_path / "items.parquet", 150))
    assert max(len(names) for names, _ in parts) <= 150
    found, scores = streaming_top_k(queries, parts, 20)
    rows, expected = BruteForce(vectors)(tf.constant(queries), 20)
    np.testing.assert_array_equal(found, np.asarray(ids, object)[rows.numpy()])
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    names, kept = read_item_vectors(tmp_path / "items.parquet")
    assert list(names) == ids
    np.testing.assert_array_equal(kept, vectors)


def test_fewer_items_than_wanted_are_all_that_there_are():
    vectors = np.eye(3, dtype=np.float32)
    ids, _ = streaming_top_k(vectors[1:2], [(np.array(["a", "b", "c"], object), vectors)], 10)
    assert ids.shape == (1, 3)
    assert ids[0, 0] == "b"
