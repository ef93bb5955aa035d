import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from trainer.metrics.pr_auc import pr_auc


def test_equals_scikit_learn_with_ties_and_weights(impressions):
    weight = np.random.default_rng(0).integers(0, 4, len(impressions.label)).astype(float)
    expected = average_precision_score(impressions.label, impressions.score)
    assert pr_auc(impressions.label, impressions.score) == pytest.approx(expected)
    expected = average_precision_score(impressions.label, impressions.score, sample_weight=weight)
    assert pr_auc(impressions.label, impressions.score, weight) == pytest.approx(expected)


def test_by_hand():
    # Positives at places 1 and 3: precision 1 and 2/3, each adds half of the recall.
    assert pr_auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1])) == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("label", [[], [0, 0], [1, 1]])
def test_one_class_has_no_area(label):
    assert np.isnan(pr_auc(np.array(label), np.arange(len(label), dtype=float)))
