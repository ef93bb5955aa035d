"""Metrics of lists against plain Python, on random lists with pads, repeats and pages without relevant items."""

from itertools import combinations
from math import log2

import numpy as np
import pytest

from trainer.metrics.catalogue_coverage import catalogue_coverage
from trainer.metrics.hit_rate import hit_rate
from trainer.metrics.intra_list_diversity import intra_list_diversity
from trainer.metrics.new_item_share import new_item_share
from trainer.metrics.novelty import novelty
from trainer.metrics.recall import recall

ITEMS, PAGES = 15, 40


@pytest.fixture(params=range(3))
def random(request):
    return np.random.default_rng(request.param)


@pytest.fixture
def listed(random):
    """Lists of none to eight items, some twice, pads anywhere."""
    rows = random.integers(0, ITEMS, (PAGES, 8))
    rows[random.random(rows.shape) < 0.3] = -1
    rows[0] = -1
    return rows


@pytest.fixture
def relevant(random):
    return [sorted(random.choice(ITEMS, random.integers(0, 4), replace=False).tolist()) for _ in range(PAGES)]


def flat(relevant):
    item = np.array([i for page in relevant for i in page], np.int64)
    return item, np.cumsum([0, *map(len, relevant)])


@pytest.mark.parametrize("k", [1, 3, 8, 20])
def test_recall_is_the_share_of_relevant_items_that_are_listed(listed, relevant, k):
    expected = [len(set(row[:k]) & set(page)) / len(page) for row, page in zip(listed, relevant, strict=True) if page]
    found = recall(listed, *flat(relevant), k)
    assert found.value() == pytest.approx(np.mean(expected))
    assert found.denominator.sum() == len(expected)


@pytest.mark.parametrize("k", [1, 3, 8, 20])
def test_hit_rate_is_the_share_of_pages_with_a_relevant_item_listed(listed, relevant, k):
    expected = [bool(set(row[:k]) & set(page)) for row, page in zip(listed, relevant, strict=True) if page]
    found = hit_rate(listed, *flat(relevant), k)
    assert found.value() == pytest.approx(np.mean(expected))
    assert found.denominator.sum() == len(expected)


def test_an_item_that_is_listed_twice_is_found_once():
    listed, item, offset = np.array([[3, 3, 3]]), np.array([3, 4]), np.array([0, 2])
    assert recall(listed, item, offset, 3).value() == 0.5
    assert hit_rate(listed, item, offset, 3).value() == 1


def test_relevant_items_of_another_page_count_nothing():
    listed, item, offset = np.array([[0, 1], [2, 3]]), np.array([2, 0]), np.array([0, 1, 2])
    assert recall(listed, item, offset, 2).value() == hit_rate(listed, item, offset, 2).value() == 0


def test_without_relevant_items_there_is_no_recall():
    assert np.isnan(recall(np.array([[0, 1]]), np.zeros(0, np.int64), np.array([0, 0]), 2).value())


@pytest.mark.parametrize("k", [2, 5, 8])
def test_diversity_is_the_mean_distance_of_all_pairs(listed, random, k):
    vectors = random.normal(size=(ITEMS, 3)).astype(np.float32)
    vectors[4] = 0

    def distance(one, other):
        length = np.linalg.norm(vectors[one]) * np.linalg.norm(vectors[other])
        return 1 - vectors[one] @ vectors[other] / length if length else 1.0

    rows = [[i for i in row[:k] if i >= 0] for row in listed]
    expected = [np.mean([distance(*pair) for pair in combinations(row, 2)]) for row in rows if len(row) > 1]
    found = intra_list_diversity(listed, vectors, k)
    assert found.value() == pytest.approx(np.mean(expected), abs=1e-6)
    assert found.denominator.sum() == len(expected)


def test_diversity_by_hand():
    vectors = np.array([[2.0, 0], [0, 1], [-3, 0]])
    found = intra_list_diversity(np.array([[0, 1, 2], [0, 2, -1], [1, -1, -1]]), vectors, 3)
    assert found.numerator.tolist() == pytest.approx([(1 + 2 + 1) / 3, 2, 0])
    assert found.denominator.tolist() == [1, 1, 0]


@pytest.mark.parametrize("k", [1, 8])
def test_coverage_is_the_share_of_items_on_any_list(listed, k):
    expected = {i for row in listed for i in row[:k] if i >= 0}
    assert catalogue_coverage(listed, ITEMS, k) == pytest.approx(len(expected) / ITEMS)


def test_coverage_of_no_lists_and_of_no_items():
    assert catalogue_coverage(np.full((2, 3), -1), 5, 3) == 0
    assert np.isnan(catalogue_coverage(np.full((2, 3), -1), 0, 3))


def test_novelty_is_the_mean_bits_of_the_items_shares(listed, random):
    count = random.integers(0, 50, ITEMS).astype(float)
    bits = [-log2((c + 1) / (count.sum() + ITEMS)) for c in count]
    rows = [[bits[i] for i in row[:5] if i >= 0] for row in listed]
    assert novelty(listed, count, 5).value() == pytest.approx(np.mean([np.mean(row) for row in rows if row]))


def test_novelty_by_hand():
    # Shares of 4/8, 2/8, 1/8 and 1/8 with one interaction more for each of four items.
    found = novelty(np.array([[0, 1], [3, -1], [-1, -1]]), np.array([3.0, 1, 0, 0]), 2)
    assert found.numerator.tolist() == [1.5, 3, 0]
    assert found.denominator.tolist() == [1, 1, 0]


def test_share_of_new_items_is_the_mean_over_lists_that_hold_any(listed, random):
    new = random.random(ITEMS) < 0.3
    rows = [[new[i] for i in row[:5] if i >= 0] for row in listed]
    assert new_item_share(listed, new, 5).value() == pytest.approx(np.mean([np.mean(row) for row in rows if row]))
