"""The exact nearest items in the graph."""

import faiss
import numpy as np
import pytest
import tensorflow as tf

from trainer.retrieval.brute_force import BruteForce

WIDTH = 6


def made(items: int, pages: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(items)
    return random.normal(size=(items, WIDTH)).astype("f"), random.normal(size=(pages, WIDTH)).astype("f")


@pytest.mark.parametrize("items", [1, 31, 32, 33, 1000, 5003])
@pytest.mark.parametrize("k", [1, 7, 100])
def test_the_best_are_those_of_a_full_sort(items, k):
    vectors, queries = made(items)
    rows, scores = BruteForce(vectors)(tf.constant(queries), k)
    every = queries @ vectors.T
    expected = np.argsort(-every, axis=1, kind="stable")[:, :k]
    count = min(k, items)
    assert (rows.dtype, scores.dtype) == (tf.int64, tf.float32)
    np.testing.assert_array_equal(rows[:, :count], expected)
    np.testing.assert_allclose(scores[:, :count], np.take_along_axis(every, expected, axis=1), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(rows[:, count:], np.full((3, k - count), items))
    assert np.all(np.isneginf(scores[:, count:]))


def test_the_padding_row_never_comes_back_though_every_item_scores_below_its_0():
    vectors, _ = made(5003)
    vectors = -np.abs(vectors)
    queries = np.ones((1, WIDTH), np.float32)
    rows, scores = BruteForce(vectors)(tf.constant(queries), 50)
    np.testing.assert_array_equal(rows[0], np.argsort(-(vectors @ queries[0]), kind="stable")[:50])
    assert scores.numpy().max() < 0


@pytest.mark.parametrize("pages", [1, 3])
def test_excluded_items_do_not_come_back(pages):
    vectors, queries = made(2000)
    index = BruteForce(vectors)
    exclude = np.zeros((pages, 2000), bool)
    exclude[:, index(tf.constant(queries[:1]), 10)[0].numpy()[0]] = True
    rows, _ = index(tf.constant(queries), 20, tf.constant(exclude))
    kept = np.where(exclude, -np.inf, queries @ vectors.T)
    np.testing.assert_array_equal(rows, np.argsort(-kept, axis=1, kind="stable")[:, :20])


def test_when_all_but_one_are_excluded_the_rest_is_padding():
    vectors, queries = made(400)
    exclude = np.ones((1, 400), bool)
    exclude[0, 7] = False
    rows, _ = BruteForce(vectors)(tf.constant(queries), 3, tf.constant(exclude))
    np.testing.assert_array_equal(rows, [[7, 400, 400]] * 3)


def test_no_page_gives_no_list():
    vectors, _ = made(2000)
    rows, scores = BruteForce(vectors)(tf.zeros([0, WIDTH]), 5)
    assert rows.shape == scores.shape == (0, 5)


def test_vectors_of_rows_are_given_back_and_padding_has_none():
    vectors, _ = made(64)
    found = BruteForce(vectors).vectors(tf.constant([[3, 64]], tf.int64)).numpy()
    np.testing.assert_array_equal(found, [[vectors[3], np.zeros(WIDTH)]])


def test_it_is_the_same_in_a_saved_model(tmp_path):
    vectors, queries = made(3000)
    module = tf.Module()
    module.index = BruteForce(vectors)
    module.find = tf.function(
        lambda asked: module.index(asked, 12), input_signature=[tf.TensorSpec([None, WIDTH], tf.float32)]
    )
    tf.saved_model.save(module, str(tmp_path / "m"))
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    rows, scores = loaded.find(tf.constant(queries))
    expected = module.index(tf.constant(queries), 12)
    np.testing.assert_array_equal(rows, expected[0])
    np.testing.assert_array_equal(scores, expected[1])


def test_faiss_finds_the_same():
    vectors, queries = made(5003)
    index = faiss.IndexFlatIP(WIDTH)
    index.add(vectors)
    scores, rows = index.search(queries, 100)
    ours = BruteForce(vectors)(tf.constant(queries), 100)
    np.testing.assert_array_equal(ours[0], rows)
    np.testing.assert_allclose(ours[1], scores, atol=1e-5)
