import numpy as np
import pytest

from trainer.metrics.ece import ece


def test_bins_of_equal_mass_by_hand():
    # Two bins of two: mean probability 0.15 against rate 0.5, and 0.7 against 1.
    label, probability = np.array([1, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.8])
    assert ece(label, probability, bins=2) == pytest.approx((0.35 + 0.3) / 2)


def test_recomputed_bin_by_bin():
    random = np.random.default_rng(0)
    probability = random.permutation(np.linspace(0.01, 0.99, 300))
    label = (random.random(300) < probability**2).astype(int)
    order = np.argsort(probability)
    gaps = [abs(probability[b].mean() - label[b].mean()) for b in np.split(order, 15)]
    assert ece(label, probability, bins=15) == pytest.approx(np.mean(gaps))


def test_a_constant_probability_has_the_distance_to_the_rate_whatever_the_order():
    label = np.array([1] * 30 + [0] * 70)
    probability = np.full(100, 0.2)
    assert ece(label, probability) == pytest.approx(0.1)
    assert ece(label[::-1], probability) == pytest.approx(0.1)


def test_weights_are_repetitions():
    random = np.random.default_rng(3)
    probability, label = random.random(200), random.integers(0, 2, 200)
    times = random.integers(0, 3, 200)
    repeated = ece(np.repeat(label, times), np.repeat(probability, times))
    assert ece(label, probability, times.astype(float)) == pytest.approx(repeated)


def test_nothing_has_no_error():
    assert np.isnan(ece(np.zeros(0), np.zeros(0)))
