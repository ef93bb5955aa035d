"""The greedy DPP against determinants computed afresh."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.lists.dpp import dpp_order


def reference(scores, vectors, weight, top):
    """The item that raises ``weight * scores + (1 - weight) * log det S`` most, by the whole determinant each time."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = (1 + units @ units.T) / 2
    relevance = (scores - scores.min()) / np.ptp(scores)

    def objective(chosen):
        inside = likeness[np.ix_(chosen, chosen)]
        value = weight * relevance[chosen].sum() + (1 - weight) * np.linalg.slogdet(inside)[1]
        return round(float(value), 9)

    left, taken = list(range(len(scores))), []
    while left and len(taken) < top:
        best = max(left, key=lambda i: objective([*taken, i]))
        taken.append(best)
        left.remove(best)
    return taken + left


def order(scores, vectors, weight, top):
    """The order of one page."""
    mask = tf.ones([1, len(scores)], tf.bool)
    given = tf.constant([scores], tf.float32), mask, tf.constant([vectors], tf.float32)
    return dpp_order(*given, weight, top).numpy()[0].tolist()


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("top", [1, 4, 12])
def test_the_order_is_that_of_the_determinants(weight, top):
    generator = np.random.default_rng(11)
    for _ in range(5):
        scores = np.sort(generator.normal(size=25))[::-1]
        vectors = generator.normal(size=(25, 16))
        assert order(scores, vectors, weight, top) == reference(scores, vectors, weight, top)


def test_the_second_place_by_hand():
    # Cosines to a: b 1/2, c 0; likeness 3/4 and 1/2; residuals 1 - 9/16 = 7/16 and 1 - 1/4 = 3/4. Spread scores: b 1/2, c 0.
    # b leads while weight / (1 - weight) / 2 > log(12 / 7) = 0.539, that is from weight 0.519 on.
    vectors = [[1.0, 0.0], [0.5, np.sqrt(0.75)], [0.0, 1.0]]
    assert order([2.0, 1.0, 0.0], vectors, 0.51, 2) == [0, 2, 1]
    assert order([2.0, 1.0, 0.0], vectors, 0.53, 2) == [0, 1, 2]


def test_copies_follow_when_nothing_else_is_left_by_score():
    vectors = [[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0], [0, 0, 1]]
    assert order([5.0, 4, 3, 2, 1], vectors, 0.9, 5) == [0, 2, 4, 1, 3]


def test_more_positions_than_dimensions_still_give_every_item_once():
    generator = np.random.default_rng(2)
    scores = np.sort(generator.normal(size=60))[::-1]
    found = order(scores, generator.normal(size=(60, 3)), 0.5, 50)
    assert sorted(found) == list(range(60))
    # Three dimensions and the constant span four; whatever is beyond them follows by score.
    assert found[4:] == sorted(found[4:])


def test_weight_one_leaves_the_order_and_zero_vectors_are_no_copies():
    assert order([3.0, 2.0, 1.0], [[1, 0], [1, 0], [0, 1]], 1.0, 3) == [0, 1, 2]
    assert order([3.0, 2.9, 0.0], [[0, 0], [0, 0], [1, 0]], 0.5, 3) == [0, 1, 2]
