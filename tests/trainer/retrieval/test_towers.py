"""The towers before and while they learn."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.retrieval.declared import DeclaredVectors
from trainer.retrieval.towers import ItemTower, QueryTower, text_projection

DEPTH, ITEMS, USERS = 10, 30, 3


@pytest.fixture
def texts() -> np.ndarray:
    values = np.random.default_rng(4).normal(size=(ITEMS, DEPTH)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def towers(texts: np.ndarray, width: int) -> tuple[QueryTower, ItemTower]:
    random = np.random.default_rng(1)
    projection = text_projection(texts, width)
    nothing = DeclaredVectors([], {}, random)
    clicked = np.arange(ITEMS)
    return (
        QueryTower(projection, texts, clicked, USERS, 4, nothing, [16], random),
        ItemTower(projection, ITEMS, nothing, [16], random),
    )


def asked(tower: QueryTower, text: np.ndarray, history: list[int] | None = None, user: int = 0) -> np.ndarray:
    rows = tf.constant([history or [0]] * len(text), tf.int64)
    return tower(tf.constant(text), tf.fill([len(text)], tf.constant(user, tf.int64)), rows, {}).numpy()


@pytest.mark.parametrize("width", [DEPTH, DEPTH + 6])
def test_before_training_the_scores_are_the_cosines_of_the_texts(texts, width):
    queries, items = towers(texts, width)
    vectors = items(tf.constant(texts), tf.range(ITEMS, dtype=tf.int64) + 1, {}).numpy()
    assert vectors.shape == (ITEMS, width)
    np.testing.assert_allclose(asked(queries, texts[:5], [4, 2], 1) @ vectors.T, texts[:5] @ texts.T, atol=1e-5)


def test_a_narrow_projection_keeps_the_products_that_matter_most(texts):
    narrow, random = text_projection(texts, 6), np.linalg.qr(np.random.default_rng(5).normal(size=(DEPTH, 6)))[0]
    products = texts @ texts.T

    def lost(p: np.ndarray) -> float:
        return float(np.square(products - (texts @ p) @ (texts @ p).T).sum())

    assert lost(narrow) < lost(random)
    np.testing.assert_allclose(narrow.T @ narrow, np.eye(6), atol=1e-5)


def test_without_a_query_the_vector_starts_as_the_mean_text_of_the_history(texts):
    queries, _ = towers(texts, DEPTH)
    mean = texts[[3, 1]].mean(axis=0) @ text_projection(texts, DEPTH)
    found = asked(queries, np.zeros((1, DEPTH), np.float32), [4, 0, 2])
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_without_query_and_history_the_vector_starts_at_what_is_clicked_most(texts):
    queries, _ = towers(texts, DEPTH)
    centre = np.arange(ITEMS) @ texts @ text_projection(texts, DEPTH)
    found = asked(queries, np.zeros((1, DEPTH), np.float32))
    np.testing.assert_allclose(found[0], centre / np.linalg.norm(centre), atol=1e-5)


def test_gradients_are_finite_where_nothing_is_known(texts):
    queries, items = towers(texts, DEPTH)
    nothing = np.zeros((2, DEPTH), np.float32)
    with tf.GradientTape() as tape:
        found = items(tf.constant(nothing), tf.zeros(2, tf.int64), {})
        one = queries(tf.constant(nothing), tf.zeros(2, tf.int64), tf.zeros([2, 3], tf.int64), {})
        loss = tf.reduce_sum(found * 3.0) + tf.reduce_sum(one * 3.0)
    gradients = tape.gradient(loss, [*queries.trainable_variables, *items.trainable_variables])
    sizes = [float(tf.norm(tf.convert_to_tensor(g))) for g in gradients if g is not None]
    assert np.isfinite(sizes).all()
    assert max(sizes) < 1e3


def test_an_item_without_a_vector_of_its_own_does_not_take_another_ones(texts):
    _, items = towers(texts, DEPTH)
    items.learned.assign(tf.ones_like(items.learned))
    rows = tf.constant([0, 1], tf.int64)
    new, known = items(tf.constant(texts[:1].repeat(2, axis=0)), rows, {}).numpy()
    np.testing.assert_allclose(new, texts[0] @ text_projection(texts, DEPTH), atol=1e-5)
    assert np.abs(known - new).max() > 0.1
