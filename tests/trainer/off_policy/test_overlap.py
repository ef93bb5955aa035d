"""Warnings where a log cannot tell of a policy."""

import dataclasses

import numpy as np

from trainer.off_policy import ColumnPolicy, ImportanceWeights, UniformPolicy, evaluate_policy
from trainer.off_policy.overlap import overlap_warnings


def warnings_of(log, target):
    return overlap_warnings(log, target, ImportanceWeights.of(target.shown(log), log.propensity))


def test_a_log_that_covers_the_target_has_none(world):
    drawn = world.draw(3000, 1)
    assert warnings_of(drawn.log, drawn.target) == []


def test_an_item_that_the_log_never_shows_is_told_with_its_share(world):
    log = world.draw(3000, 2).log
    more = dataclasses.replace(log, items=np.append(log.items, "new"))
    found = warnings_of(more, UniformPolicy())
    assert "2 of the 14 pairs of item and position" in found[0]
    assert "14.3% of its impressions" in found[0]


def test_weights_that_do_not_average_1_are_told(world):
    drawn = world.draw(3000, 3)
    halved = dataclasses.replace(drawn.log, propensity=drawn.log.propensity / 2)
    assert any(line.startswith("weights average") and "not 1" in line for line in warnings_of(halved, drawn.target))


def test_few_impressions_with_weight_and_one_with_most_of_it_are_told(world):
    log = world.draw(200, 4).log
    shown = np.full(len(log), 1e-3)
    shown[5] = 1.0
    found = " | ".join(warnings_of(log, ColumnPolicy(shown)))
    assert "the 400 impressions tell as much as" in found
    assert "of all weight" in found


def test_few_clicks_make_rough_intervals_and_none_make_no_intervals(world):
    drawn = world.draw(500, 5)
    few = np.zeros(len(drawn.log))
    few[:4] = 1
    found = " | ".join(warnings_of(dataclasses.replace(drawn.log, clicked=few), drawn.target))
    assert "intervals are rough below 30" in found
    found = " | ".join(warnings_of(dataclasses.replace(drawn.log, clicked=np.zeros(len(few))), drawn.target))
    assert "no click has a weight" in found


def test_a_target_that_shows_nothing_of_the_log_has_no_estimate(four):
    found = evaluate_policy(four, ColumnPolicy(np.zeros(4)), resamples=20)
    assert found.warnings == ["no impression of the log would be shown by the target: the log says nothing of it"]
    assert found.as_dict()["estimates"]["snips"]["value"] is None


def test_clipping_says_what_it_costs(world):
    drawn = world.draw(500, 6)
    found = evaluate_policy(drawn.log, drawn.target, clip=1.0, resamples=0)
    assert found.weights.values.max() == 1.0
    assert any("weights are clipped" in note and "ips is too low" in note for note in found.notes)
