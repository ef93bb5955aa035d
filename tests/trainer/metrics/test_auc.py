import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from trainer.metrics.auc import auc


def test_equals_scikit_learn_with_ties_and_weights(impressions):
    weight = np.random.default_rng(0).integers(0, 4, len(impressions.label)).astype(float)
    expected = roc_auc_score(impressions.label, impressions.score)
    assert auc(impressions.label, impressions.score) == pytest.approx(expected)
    expected = roc_auc_score(impressions.label, impressions.score, sample_weight=weight)
    assert auc(impressions.label, impressions.score, weight) == pytest.approx(expected)


def test_weights_are_repetitions(impressions):
    times = np.random.default_rng(1).integers(0, 3, len(impressions.label))
    repeated = auc(np.repeat(impressions.label, times), np.repeat(impressions.score, times))
    assert auc(impressions.label, impressions.score, times.astype(float)) == pytest.approx(repeated)


def test_distinct_scores_by_hand():
    assert auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1])) == pytest.approx(3 / 4)


@pytest.mark.parametrize("label", [[], [0, 0], [1, 1]])
def test_one_class_has_no_area(label):
    assert np.isnan(auc(np.array(label), np.arange(len(label), dtype=float)))
