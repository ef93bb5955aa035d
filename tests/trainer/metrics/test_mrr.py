from itertools import pairwise, permutations

import numpy as np
import pytest

from trainer.metrics.mrr import mrr


def expected_reciprocal(label, score):
    """The mean over every order in which no lower score stands above a higher one."""
    orders = [o for o in permutations(range(len(label))) if all(score[a] >= score[b] for a, b in pairwise(o))]
    return np.mean([1 / (1 + [label[i] for i in order].index(1)) for order in orders])


def test_is_the_mean_over_all_orders_of_equal_scores(impressions):
    values = [
        expected_reciprocal(impressions.label[page].tolist(), impressions.score[page].tolist())
        for page in impressions.pages
        if impressions.label[page].any()
    ]
    found = mrr(impressions.label, impressions.score, impressions.offset)
    assert found.value() == pytest.approx(np.mean(values))
    assert found.denominator.sum() == len(values)


def test_by_hand():
    label, score = np.array([0, 1, 1, 0, 0, 1]), np.array([3.0, 2.0, 1.0, 1.0, 2.0, 3.0])
    assert mrr(label, score, np.array([0, 3, 6])).value() == pytest.approx((1 / 2 + 1) / 2)


def test_thousands_of_equal_scores_stay_exact():
    label = np.zeros(5000, np.int8)
    label[17] = 1
    found = mrr(label, np.zeros(5000), np.array([0, 5000]))
    assert found.value() == pytest.approx((1 / np.arange(1, 5001)).mean(), rel=1e-9)


def test_pages_without_a_click_give_nothing():
    assert np.isnan(mrr(np.zeros(3), np.arange(3.0), np.array([0, 3])).value())
