"""Points of the report's curves against scikit-learn and plain references."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_curve
from sklearn.metrics import roc_curve as sklearn_roc_curve

from trainer.evaluation.report_curves import (
    calibration,
    frequency_bands,
    ndcg_by_page,
    pr_curve,
    rates_by_position,
    roc_curve,
)
from trainer.metrics.ece import ece
from trainer.metrics.ndcg import ndcg


def test_roc_and_precision_recall_points_are_those_of_scikit_learn():
    random = np.random.default_rng(5)
    label, score = random.integers(0, 2, 300), random.integers(0, 40, 300) / 40
    roc = roc_curve(label, score)
    x, y, _ = sklearn_roc_curve(label, score, drop_intermediate=False)
    np.testing.assert_allclose(roc, (x, y))
    precision, recall, _ = precision_recall_curve(label, score)
    pr = pr_curve(label, score)
    np.testing.assert_allclose(pr.x, recall[:-1][::-1])
    np.testing.assert_allclose(pr.y, precision[:-1][::-1])
    assert roc_curve(np.ones(3), np.arange(3.0)) is None
    assert pr_curve(np.zeros(3), np.arange(3.0)) is None


@pytest.mark.parametrize("levels", [7, 1_000_000])
def test_the_calibration_drawn_gives_the_calibration_error_reported(levels):
    random = np.random.default_rng(6)
    probability = random.integers(1, levels, 2_000) / levels
    label = (random.random(2_000) < probability**2).astype(int)
    rates = calibration(label, probability)
    assert rates.mass.sum() == 2_000
    error = (rates.mass * np.abs(rates.predicted - rates.seen)).sum() / 2_000
    assert error == pytest.approx(ece(label, probability))
    assert ((rates.low <= rates.seen) & (rates.seen <= rates.high)).all()


def test_rates_by_position_are_means_with_the_interval_of_wilson():
    position = np.array([1, 1, 1, 1, 3, 3])
    places, rates = rates_by_position(position, np.array([1, 1, 0, 0, 0, 0]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7]))
    assert places.tolist() == [1, 3]
    np.testing.assert_allclose(rates.predicted, [0.25, 0.6])
    np.testing.assert_allclose(rates.seen, [0.5, 0.0])
    # Wilson's interval of 2 in 4 and of 0 in 2.
    np.testing.assert_allclose(rates.low, [0.1500, 0.0], atol=1e-4)
    np.testing.assert_allclose(rates.high, [0.8500, 0.6576], atol=1e-4)


def test_ndcg_by_page_has_the_mean_that_the_metric_has_at_every_cut():
    random = np.random.default_rng(7)
    offset = np.concatenate([[0], np.cumsum(random.integers(1, 9, 60))])
    gain = random.integers(0, 3, offset[-1]).astype(float)
    score = random.integers(0, 5, offset[-1]).astype(float)
    cuts = np.array([1, 3, 10])
    found = ndcg_by_page(gain, score, offset, cuts)
    np.testing.assert_allclose(np.nanmean(found, axis=0), [ndcg(gain, score, offset, cut).value() for cut in cuts])


def test_queries_of_one_frequency_share_a_band():
    asked = pd.Series(["a"] * 4 + ["b"] * 2 + ["c"] * 2 + ["d", "e", "f", "g"])
    band, names = frequency_bands(asked)
    assert names == ["head", "torso", "tail"]
    assert band.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert frequency_bands(pd.Series(["a", "b", "c"]))[1] == ["all"]
