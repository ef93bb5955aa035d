import numpy as np
import pytest

from trainer.metrics import pair_accuracy as module
from trainer.metrics.pair_accuracy import pair_accuracy


def counted(impressions):
    right = pairs = 0.0
    for page in impressions.pages:
        grade, score = impressions.grade[page], impressions.score[page]
        for i in range(len(grade)):
            for j in range(len(grade)):
                if grade[i] > grade[j]:
                    pairs += 1
                    right += 1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
    return right, pairs


@pytest.mark.parametrize("at_once", [1, 7, 4_000_000])
def test_pools_all_pairs_of_different_grade_however_they_are_parted(impressions, at_once, monkeypatch):
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", at_once)
    right, pairs = counted(impressions)
    found = pair_accuracy(impressions.grade, impressions.score, impressions.offset)
    assert found.numerator.sum() == pytest.approx(right)
    assert found.denominator.sum() == pairs
    assert found.value() == pytest.approx(right / pairs)


def test_equal_scores_are_half_right():
    assert pair_accuracy(np.array([3.0, 1.0, 2.0]), np.zeros(3), np.array([0, 3])).value() == 0.5


def test_pages_of_one_grade_give_nothing():
    assert np.isnan(pair_accuracy(np.ones(3), np.arange(3.0), np.array([0, 3])).value())
