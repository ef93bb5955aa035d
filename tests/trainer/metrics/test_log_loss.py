import numpy as np
import pytest
from sklearn.metrics import log_loss as reference

from trainer.metrics.log_loss import log_loss


def test_equals_scikit_learn(impressions):
    found = log_loss(impressions.label, impressions.score, impressions.offset)
    assert found.value() == pytest.approx(reference(impressions.label, impressions.score.astype(float)))


def test_weighs_pages_by_their_impressions():
    label, probability = np.array([1, 0, 1]), np.array([0.5, 0.5, 0.25])
    found = log_loss(label, probability, np.array([0, 2, 3]))
    assert found.value(np.array([1.0, 3.0])) == pytest.approx((2 * np.log(2) + 3 * np.log(4)) / 5)


def test_a_certain_mistake_costs_a_finite_amount():
    found = log_loss(np.array([1]), np.array([0.0]), np.array([0, 1]))
    assert found.value() == pytest.approx(-np.log(1e-7))
