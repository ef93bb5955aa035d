"""Metrics over seeds, by hand and against simulated experiments whose truth is known."""

import math

import numpy as np
import pytest

from trainer.evaluation.seeds import summarise_seeds

T_OF_TWO = 4.302652729911275
"""97.5 % point of Student's t with 2 degrees of freedom, from a table."""


def test_three_seeds_by_hand():
    found = summarise_seeds([{"test.gauc": 0.70}, {"test.gauc": 0.72}, {"test.gauc": 0.77}])["test.gauc"]
    # Mean 0.73; squared deviations 0.0009 + 0.0001 + 0.0016 = 0.0026, over 2 is 0.0013.
    assert (found.mean, found.seeds) == (pytest.approx(0.73), 3)
    assert found.deviation == pytest.approx(math.sqrt(0.0013))
    half = T_OF_TWO * math.sqrt(0.0013 / 3)
    assert (found.low, found.high) == pytest.approx((0.73 - half, 0.73 + half))
    assert (found.total_low, found.total_high) == (None, None)


def test_the_interval_over_queries_is_joined_and_does_not_fall_with_the_seeds():
    runs = [{"m": value, "m.low": value - 0.03, "m.high": value + 0.05} for value in (0.70, 0.72, 0.77)]
    found = summarise_seeds(runs)["m"]
    over_seeds = T_OF_TWO * math.sqrt(0.0013 / 3)
    assert found.total_low == pytest.approx(0.73 - math.sqrt(over_seeds**2 + 0.03**2))
    assert found.total_high == pytest.approx(0.73 + math.sqrt(over_seeds**2 + 0.05**2))


def test_seeds_that_agree_leave_the_interval_of_the_queries():
    runs = [{"m": 0.5, "m.low": 0.45, "m.high": 0.55}] * 3
    found = summarise_seeds(runs)["m"]
    assert (found.low, found.high, found.deviation) == (0.5, 0.5, 0.0)
    assert (found.total_low, found.total_high) == pytest.approx((0.45, 0.55))


def test_one_seed_has_a_mean_only_and_keys_that_a_run_lacks_count_the_others():
    found = summarise_seeds([{"a": 1.0, "a.low": 0.0, "a.high": 2.0}, {"a": 2.0, "b": 5.0}])
    assert list(found) == ["a", "b"]
    assert (found["a"].mean, found["a"].seeds, found["a"].total_low) == (1.5, 2, None)
    assert (found["b"].mean, found["b"].seeds, found["b"].low, found["b"].deviation) == (5.0, 1, None, None)
    assert summarise_seeds([]) == {}


def test_the_total_interval_holds_the_truth_and_that_over_seeds_alone_does_not():
    random = np.random.default_rng(1)
    held = total = 0
    for _ in range(400):
        queries = random.normal(0, 0.02)
        runs = []
        for value in 0.7 + queries + random.normal(0, 0.01, 3):
            runs.append({"m": value, "m.low": value - 0.0392, "m.high": value + 0.0392})
        found = summarise_seeds(runs)["m"]
        held += found.low < 0.7 < found.high
        total += found.total_low < 0.7 < found.total_high
    assert 0.93 < total / 400 < 1.0
    assert held / 400 < 0.9
