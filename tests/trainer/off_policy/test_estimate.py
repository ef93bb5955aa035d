"""Standard errors and intervals."""

import math

import numpy as np
import pytest

from trainer.metrics.ratio import Ratio
from trainer.off_policy import Estimate


def test_one_impression_a_page_has_the_textbook_error():
    values = np.random.default_rng(1).random(50)
    found = Estimate.of(Ratio(values, np.ones(50)), 0, 1)
    error = values.std(ddof=1) / math.sqrt(50)
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(error)
    assert found.normal == pytest.approx((values.mean() - 1.959964 * error, values.mean() + 1.959964 * error))
    assert found.bootstrap is None


def test_the_same_impressions_again_on_the_same_page_tell_nothing_new():
    values = np.random.default_rng(2).random(50)
    once = Estimate.of(Ratio(values, np.ones(50)), 300, 1)
    thrice = Estimate.of(Ratio(3 * values, np.full(50, 3.0)), 300, 1)
    assert thrice.standard_error == pytest.approx(once.standard_error)
    assert thrice.bootstrap == pytest.approx(once.bootstrap)


def test_the_error_of_a_ratio_is_that_of_many_draws():
    random = np.random.default_rng(3)

    def drawn():
        weight = random.gamma(2.0, 1.0, 400)
        return Ratio(weight * (random.random(400) < 0.1 + 0.1 * (weight > 2)), weight)

    found = [Estimate.of(drawn(), 0, 1) for _ in range(500)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.12)


def test_both_intervals_agree_where_the_mean_is_nearly_normal():
    values = (np.random.default_rng(4).random(3000) < 0.3).astype(float)
    found = Estimate.of(Ratio(values, np.ones(3000)), 2000, 1)
    assert found.bootstrap == pytest.approx(found.normal, abs=0.003)


def test_intervals_of_a_rate_stay_between_0_and_1():
    found = Estimate.of(Ratio(np.array([1.0, 0, 0, 0, 0, 0]), np.ones(6)), 0, 1)
    assert found.normal[0] == 0.0


def test_one_page_has_no_interval():
    found = Estimate.of(Ratio(np.ones(1), np.ones(1)), 100, 1)
    assert (found.value, found.normal, found.bootstrap) == (1.0, None, None)


def test_without_any_weight_nothing_is_estimated():
    found = Estimate.of(Ratio(np.zeros(5), np.zeros(5)), 100, 1)
    assert math.isnan(found.value)
    assert (found.normal, found.bootstrap) == (None, None)
