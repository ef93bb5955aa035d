"""NDCG and MRR of lists by hand and against plain Python."""

from math import log2

import numpy as np
import pytest

from trainer.metrics.list_mrr import list_mrr
from trainer.metrics.list_ndcg import list_ndcg, ndcg_of_gains

# Page 0 clicked items 3 and 4, page 1 item 0, page 2 nothing, page 3 item 9, which no list holds.
ITEM, OFFSET = np.array([3, 4, 0, 9]), np.array([0, 2, 3, 3, 4])
LISTED = np.array([[3, 3, 4, 1], [5, 0, -1, -1], [1, 2, 3, 4], [-1, -1, -1, -1]])


def test_ndcg_by_hand_counts_a_repeated_item_once_and_needs_all_relevant_items():
    found = list_ndcg(LISTED, ITEM, OFFSET, 3)
    first = (1 + 1 / log2(4)) / (1 + 1 / log2(3))
    assert found.numerator.tolist() == pytest.approx([first, 1 / log2(3), 0, 0])
    assert found.denominator.tolist() == [1, 1, 0, 1]


def test_ndcg_is_cut_at_k_and_its_ideal_too():
    assert list_ndcg(LISTED, ITEM, OFFSET, 1).numerator.tolist() == [1, 0, 0, 0]
    assert list_ndcg(LISTED, ITEM, OFFSET, 10).numerator.tolist() == pytest.approx(
        list_ndcg(LISTED, ITEM, OFFSET, 3).numerator.tolist()
    )


def test_mrr_by_hand():
    found = list_mrr(LISTED, ITEM, OFFSET, 3)
    assert found.numerator.tolist() == [1, 0.5, 0, 0]
    assert found.denominator.tolist() == [1, 1, 0, 1]
    assert list_mrr(LISTED, ITEM, OFFSET, 1).numerator.tolist() == [1, 0, 0, 0]


def test_ndcg_of_gains_against_plain_python():
    random = np.random.default_rng(3)
    every = random.random((20, 9))
    every[4] = 0
    ideal = -np.sort(-every, axis=1)[:, :5]
    gain = every[:, :5]
    found = ndcg_of_gains(gain, ideal)

    def dcg(gains):
        return sum(g / log2(place + 2) for place, g in enumerate(gains))

    expected = [dcg(g) / dcg(best) if dcg(best) else 0 for g, best in zip(gain.tolist(), ideal.tolist(), strict=True)]
    assert found.numerator.tolist() == pytest.approx(expected)
    assert found.denominator.tolist() == [0 if page == 4 else 1 for page in range(20)]
