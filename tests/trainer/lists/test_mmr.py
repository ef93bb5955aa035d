"""MMR against the formula in plain NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.lists.mmr import mmr_order


def reference(scores, vectors, weight, top, fixed=0):
    """Carbonell and Goldstein 1998, one page, an item at a time."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    spread = np.ptp(scores)
    relevance = (scores - scores.min()) / spread if spread else np.zeros_like(scores)
    left, taken = list(range(len(scores))), []
    while left and len(taken) < top:
        if len(taken) < fixed:
            best = left[0]
        elif not taken:
            best = max(left, key=lambda i: relevance[i])
        else:
            best = max(
                left, key=lambda i: weight * relevance[i] - (1 - weight) * max(units[i] @ units[j] for j in taken)
            )
        taken.append(best)
        left.remove(best)
    return taken + left


def order(scores, vectors, weight, top, fixed=None):
    """The order of one page."""
    mask = tf.ones([1, len(scores)], tf.bool)
    head = None if fixed is None else tf.constant([fixed])
    given = tf.constant([scores], tf.float32), mask, tf.constant([vectors], tf.float32)
    return mmr_order(*given, weight, top, head).numpy()[0].tolist()


def test_the_second_place_goes_to_the_other_kind_by_hand():
    # a, b and c point one way, d another. Spread scores: a 1, b 0.8, c 0.4, d 0. With weight 0.5 the second position has
    # b 0.4 - 0.5, c 0.2 - 0.5 and d 0 - 0: d. The third has b -0.1 and c -0.3.
    assert order([10.0, 9.0, 7.0, 5.0], [[1, 0], [2, 0], [1, 0], [0, 3]], 0.5, 4) == [0, 3, 1, 2]
    # With weight 0.6: b 0.48 - 0.4, d 0.
    assert order([10.0, 9.0, 7.0, 5.0], [[1, 0], [2, 0], [1, 0], [0, 3]], 0.6, 2) == [0, 1, 2, 3]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize(("top", "fixed"), [(1, 0), (5, 0), (5, 2), (40, 0)])
def test_the_order_is_that_of_the_formula(weight, top, fixed):
    generator = np.random.default_rng(3)
    for _ in range(5):
        scores = np.sort(generator.normal(size=20))[::-1]
        vectors = generator.normal(size=(20, 6))
        vectors[4] = 0.0
        assert order(scores, vectors, weight, top, fixed) == reference(scores, vectors, weight, top, fixed)


def test_weight_one_leaves_the_order_and_equal_scores_are_no_fault():
    generator = np.random.default_rng(5)
    vectors = generator.normal(size=(9, 3))
    assert order(np.zeros(9), vectors, 1.0, 9) == list(range(9))
    assert order(np.zeros(9), vectors, 0.5, 9) == reference(np.zeros(9), vectors, 0.5, 9)


def test_what_is_no_item_comes_last_and_counts_for_nothing():
    mask = tf.constant([[True, False, True, True, False]])
    scores = tf.constant([[3.0, 100.0, 2.0, 1.0, -100.0]])
    vectors = tf.constant([[[1.0, 0], [0, 1], [1, 0], [0, 1], [0, 1]]])
    assert mmr_order(scores, mask, vectors, 0.4, 5).numpy().tolist() == [[0, 3, 2, 1, 4]]
