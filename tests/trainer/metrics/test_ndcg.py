from itertools import pairwise, permutations
from math import log2

import numpy as np
import pytest

from trainer.metrics.ndcg import ndcg


def dcg(gains, k):
    return sum(gain / log2(place + 2) for place, gain in enumerate(gains[:k]))


def expected_ndcg(gain, score, k):
    """The mean over every order in which no lower score stands above a higher one."""
    orders = [o for o in permutations(range(len(gain))) if all(score[a] >= score[b] for a, b in pairwise(o))]
    reached = np.mean([dcg([gain[i] for i in order], k) for order in orders])
    return reached / dcg(sorted(gain, reverse=True), k)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_is_the_mean_over_all_orders_of_equal_scores(impressions, k):
    gain = impressions.grade - 1
    values = [
        expected_ndcg(gain[page].tolist(), impressions.score[page].tolist(), k)
        for page in impressions.pages
        if len(set(gain[page])) > 1
    ]
    found = ndcg(gain, impressions.score, impressions.offset, k)
    assert found.value() == pytest.approx(np.mean(values))
    assert found.denominator.sum() == len(values)


def test_by_hand():
    found = ndcg(np.array([0.0, 2.0, 1.0]), np.array([0.9, 0.5, 0.1]), np.array([0, 3]), 2)
    assert found.value() == pytest.approx((2 / log2(3)) / (2 + 1 / log2(3)))


def test_the_given_order_does_not_matter_where_all_scores_are_equal():
    gain = np.array([1.0, 0.0, 0.0, 0.0])
    first, last = (ndcg(g, np.zeros(4), np.array([0, 4]), 10).value() for g in (gain, gain[::-1]))
    assert first == pytest.approx(last) == pytest.approx(dcg([1] * 4, 4) / 4)


def test_pages_of_equal_gains_are_left_out():
    offset = np.array([0, 2, 4, 6])
    found = ndcg(np.array([0.0, 0, 1, 1, 1, 0]), np.array([1.0, 2, 1, 2, 1, 2]), offset, 10)
    assert found.denominator.tolist() == [0, 0, 1]
    assert found.value() == pytest.approx(1 / log2(3))
