"""Each estimator against sums by hand, and against a truth that is known."""

import numpy as np
import pytest

from trainer.off_policy import (
    DoublyRobust,
    ImportanceWeights,
    InversePropensity,
    ModelledClicks,
    SelfNormalised,
    SwitchDoublyRobust,
    evaluate_policy,
)

SEEDS = 200
PAGES = 400


@pytest.fixture(scope="module")
def repeated(world):
    """Estimates of many logs of the same world, each with its 95 % intervals."""
    draws = (world.draw(PAGES, seed) for seed in range(SEEDS))
    return [evaluate_policy(d.log, d.target, folds=2, resamples=200, seed=1).estimates for d in draws]


def values(repeated, name):
    return np.array([estimates[name].value for estimates in repeated])


def weights_of(log, shown=(0.25, 0.5, 0.3, 0.25)):
    """0.5, 2, 1.5 and 0.5."""
    return ImportanceWeights.of(np.array(shown), log.propensity)


def test_ips_is_the_mean_of_weighted_clicks(four):
    assert InversePropensity().estimate(four, weights_of(four), 0, 1).value == pytest.approx((0.5 + 2) / 4)


def test_snips_is_the_weighted_mean_of_clicks(four):
    assert SelfNormalised().estimate(four, weights_of(four), 0, 1).value == pytest.approx((0.5 + 2) / 4.5)


def test_dr_adds_the_weighted_errors_of_the_model(four):
    modelled = ModelledClicks(np.array([0.6, 0.5, 0.2, 0.6]), np.array([0.3, 0.4, 0.5, 0.3]))
    errors = 0.5 * 0.4 + 2 * 0.5 - 1.5 * 0.2 - 0.5 * 0.6
    assert DoublyRobust(modelled).estimate(four, weights_of(four), 0, 1).value == pytest.approx((1.5 + errors) / 4)


def test_switched_dr_leaves_out_the_errors_under_large_weights(four):
    modelled = ModelledClicks(np.array([0.6, 0.5, 0.2, 0.6]), np.array([0.3, 0.4, 0.5, 0.3]))
    weights = weights_of(four)
    errors = 0.5 * 0.4 - 1.5 * 0.2 - 0.5 * 0.6
    assert SwitchDoublyRobust(modelled, 1.5).estimate(four, weights, 0, 1).value == pytest.approx((1.5 + errors) / 4)
    all_of_it = SwitchDoublyRobust(modelled, 2.0).estimate(four, weights, 0, 1)
    assert all_of_it.value == DoublyRobust(modelled).estimate(four, weights, 0, 1).value


def test_the_logging_policy_itself_gets_the_click_rate_of_the_log(world):
    log = world.draw(200, 3).log
    weights = ImportanceWeights.of(log.propensity, log.propensity)
    for estimator in (InversePropensity(), SelfNormalised()):
        assert estimator.estimate(log, weights, 0, 1).value == pytest.approx(log.clicked.mean())


@pytest.mark.parametrize("name", ["ips", "snips", "dr"])
def test_estimates_are_right_on_average(world, repeated, name):
    found = values(repeated, name)
    # SNIPS is biased by about 1 / pages, which is far below the error of this mean.
    assert abs(found.mean() - world.truth) < 4 * found.std() / np.sqrt(SEEDS)


def test_the_click_rate_of_the_log_is_another(world, repeated):
    log = world.draw(100_000, 1).log
    assert abs(log.clicked.mean() - world.truth) > 10 * values(repeated, "ips").std() / np.sqrt(SEEDS)


def test_a_wrong_model_leaves_dr_right_on_average(world):
    found = []
    for seed in range(SEEDS):
        drawn = world.draw(PAGES, seed)
        weights = ImportanceWeights.of(drawn.target.shown(drawn.log), drawn.log.propensity)
        wrong = ModelledClicks(np.full(len(drawn.log), 0.9), np.full(len(drawn.log), 0.9))
        found.append(DoublyRobust(wrong).estimate(drawn.log, weights, 0, 1).value)
    assert abs(np.mean(found) - world.truth) < 4 * np.std(found) / np.sqrt(SEEDS)


def test_a_good_model_lowers_the_variance(repeated):
    assert values(repeated, "dr").var() < 0.7 * values(repeated, "ips").var()


def test_wrong_propensities_are_mended_by_the_true_model(world):
    drawn = world.draw(50_000, 5)
    log = drawn.log
    place = log.position - 1
    chances = world.clicks[drawn.group, place]
    true = ModelledClicks(
        chances[np.arange(len(log)), log.item], (chances * world.target[drawn.group, place]).sum(axis=1)
    )
    weights = ImportanceWeights.of(drawn.target.shown(log), np.full(len(log), 0.4))
    dr = DoublyRobust(true).estimate(log, weights, 0, 1)
    ips = InversePropensity().estimate(log, weights, 0, 1)
    assert abs(dr.value - world.truth) < 4 * dr.standard_error
    assert abs(ips.value - world.truth) > 10 * ips.standard_error


@pytest.mark.parametrize("interval", ["normal", "bootstrap"])
@pytest.mark.parametrize("name", ["ips", "snips", "dr"])
def test_intervals_hold_the_truth_95_times_in_100(world, repeated, name, interval):
    ends = np.array([getattr(estimates[name], interval) for estimates in repeated])
    held = ((ends[:, 0] <= world.truth) & (world.truth <= ends[:, 1])).mean()
    # Three standard errors of a share of 0.95 among 200 are 0.046.
    assert 0.904 <= held <= 0.996


def test_all_estimates_are_those_of_a_plain_loop(world):
    drawn = world.draw(120, 9)
    log, target = drawn.log, drawn.target
    modelled = ModelledClicks.cross_fitted(log, target, 3, 4)
    found = evaluate_policy(log, target, clip=2.0, switch=1.2, folds=3, resamples=0, seed=4)
    sums = {"ips": 0.0, "snips": 0.0, "dr": 0.0, "switch_dr": 0.0}
    total = 0.0
    for row in range(len(log)):
        chance = world.target[drawn.group[row], log.position[row] - 1, log.item[row]]
        raw = chance / log.propensity[row]
        weight = min(raw, 2.0)
        total += weight
        error = log.clicked[row] - modelled.shown[row]
        sums["ips"] += weight * log.clicked[row]
        sums["snips"] += weight * log.clicked[row]
        sums["dr"] += modelled.target[row] + weight * error
        sums["switch_dr"] += modelled.target[row] + (weight * error if raw <= 1.2 else 0.0)
    for name, value in sums.items():
        assert found.estimates[name].value == pytest.approx(value / (total if name == "snips" else len(log)))
