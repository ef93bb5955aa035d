"""Resampled metrics of slices, against the bootstrap of single rankers and against resampled rows."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import small_shop
from trainer.metrics.bootstrap import intervals, unit_of_page
from trainer.metrics.gauc import gauc
from trainer.metrics.ratio import Ratio
from trainer.metrics.slice_bootstrap import BINS, SliceAuc, SliceRatio, resampled


@pytest.fixture
def pages():
    return small_shop.pages(60)


@pytest.fixture
def score(pages):
    return (0.3 * pages.clicked + np.random.default_rng(1).uniform(0.1, 0.6, len(pages.item))).astype(np.float32)


def test_one_slice_of_all_pages_has_the_intervals_of_the_metric(pages, score):
    units = unit_of_page(pages, "query")
    ratio = gauc(pages.clicked, score, pages.offset)
    whole = SliceRatio.of_pages(ratio, units, np.zeros(60, np.int64), 1)
    own, rest = resampled(whole, units.max() + 1, 60, 3)
    expected = intervals({"gauc": ratio}, units, 60, 3)["gauc"]
    assert tuple(np.percentile(own[:, 0], [2.5, 97.5])) == pytest.approx(expected)
    assert np.isnan(rest).all()
    assert whole.queries()[0].tolist() == [5]


def test_ratios_of_slices_and_rests_by_hand():
    ratio = Ratio(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 4.0, 8.0]))
    units, code = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 2])
    found = SliceRatio.of_pages(ratio, units, code, 2)
    own, rest = found.value(np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0], [0.0, 1.0, 2.0]]))
    # The fourth page is in no slice, but in the rest of both.
    assert own == pytest.approx(np.array([[4 / 6, 1.0], [2 / 4, 1.0], [3 / 4, np.nan]]), nan_ok=True)
    assert rest == pytest.approx(np.array([[6 / 10, 8 / 14], [8 / 12, 6 / 12], [8 / 16, 11 / 20]]))
    assert [counts.tolist() for counts in found.queries()] == [[2, 1], [2, 3]]


def test_areas_equal_those_of_repeated_rows(pages, score):
    units = unit_of_page(pages, "query")
    unit = units[pages.page_of_impression]
    code = pages.item % 3
    found = SliceAuc.of(pages.clicked, score, unit, code, 2, 5)
    times = np.array([[1, 1, 1, 1, 1], [3, 0, 1, 0, 1], [0, 2, 0, 2, 1]], float)
    own, rest = found.value(times)
    for row, weights in enumerate(times[:, unit]):
        for number in range(2):
            for side, chosen in ((own, code == number), (rest, code != number)):
                expected = roc_auc_score(pages.clicked[chosen], score[chosen], sample_weight=weights[chosen])
                assert side[row, number] == pytest.approx(expected)
    asked = [set(unit[(code == number) & (pages.clicked == 1)]) for number in range(2)]
    assert found.queries()[0].tolist() == [len(queries) for queries in asked]


def test_bins_of_many_scores_hardly_move_an_area():
    random = np.random.default_rng(4)
    count = 6000
    label = (random.random(count) < 0.2).astype(np.int8)
    score = random.normal(size=count) + label
    unit, code = random.integers(0, 50, count), random.integers(0, 3, count)
    found = SliceAuc.of(label, score, unit, code, 2, 50)
    assert found.bins == BINS
    own, rest = found.value(np.ones((1, 50)))
    for number in range(2):
        exact = roc_auc_score(label[code == number], score[code == number])
        assert own[0, number] == pytest.approx(exact, abs=0.001)
        exact = roc_auc_score(label[code != number], score[code != number])
        assert rest[0, number] == pytest.approx(exact, abs=0.001)
