"""The click model and what it says of folds that it has not seen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from trainer.off_policy import ColumnPolicy, ModelledClicks, UniformPolicy
from trainer.off_policy.click_model import ClickModel
from trainer.off_policy.modelled_clicks import rows_at_a_time


def test_the_model_learns_items_places_and_context(world):
    drawn = world.draw(40_000, 1)
    model = ClickModel(drawn.log)
    model.fit(np.arange(len(drawn.log)))
    rows = np.arange(500)
    for item in range(len(drawn.log.items)):
        true = world.clicks[drawn.group[rows], drawn.log.position[rows] - 1, item]
        assert model.predict(rows, np.full(500, item)) == pytest.approx(true, abs=0.03)


def test_a_number_of_the_context_is_read_too(world):
    log = world.draw(3000, 2).log
    age = np.random.default_rng(1).normal(40, 10, len(log))
    clicked = (np.random.default_rng(2).random(len(log)) < 1 / (1 + np.exp((40 - age) / 4))).astype(float)
    model = ClickModel(dataclasses.replace(log, clicked=clicked, context=pd.DataFrame({"age": age})))
    model.fit(np.arange(len(log)))
    assert np.corrcoef(model.predict(np.arange(len(log)), log.item), age)[0, 1] > 0.9


def test_without_a_click_to_learn_from_the_rate_is_near_0(world):
    log = world.draw(100, 3).log
    model = ClickModel(dataclasses.replace(log, clicked=np.zeros(len(log))))
    model.fit(np.arange(len(log)))
    assert model.predict(np.arange(10), log.item[:10]) == pytest.approx(np.full(10, 0.5 / 201))


def test_the_clicks_of_a_page_have_no_part_in_what_is_said_of_it(world):
    drawn = world.draw(60, 4)
    turned = drawn.log.clicked.copy()
    turned[drawn.log.page == 7] = 1 - turned[drawn.log.page == 7]
    first = ModelledClicks.cross_fitted(drawn.log, drawn.target, 5, 1)
    other = ModelledClicks.cross_fitted(dataclasses.replace(drawn.log, clicked=turned), drawn.target, 5, 1)
    same = drawn.log.page == 7
    assert first.shown[same] == pytest.approx(other.shown[same], abs=0)
    assert first.target[same] == pytest.approx(other.target[same], abs=0)
    assert np.abs(first.shown - other.shown).max() > 1e-4


def test_the_target_gets_the_mean_over_what_it_may_show(world):
    log = world.draw(50, 5).log
    found = ModelledClicks.cross_fitted(log, UniformPolicy(), 2, 1)
    fold = np.random.default_rng(1).permutation(np.arange(50) % 2)[log.page]
    model = ClickModel(log)
    model.fit(np.flatnonzero(fold != 0))
    row = int(np.flatnonzero(fold == 0)[0])
    chances = [model.predict(np.array([row]), np.array([item]))[0] for item in range(len(log.items))]
    assert found.target[row] == pytest.approx(np.mean(chances))
    assert found.shown[row] == pytest.approx(chances[log.item[row]])


def test_more_folds_than_pages_are_as_many_as_pages(world):
    drawn = world.draw(3, 6)
    assert np.isfinite(ModelledClicks.cross_fitted(drawn.log, drawn.target, 50, 1).target).all()


def test_a_target_known_for_the_shown_alone_is_not_modelled(four):
    assert ModelledClicks.cross_fitted(four, ColumnPolicy(np.full(4, 0.5)), 2, 1) is None


def test_many_choices_are_made_in_parts():
    parts = rows_at_a_time(np.arange(100), 100_000)
    assert max(len(part) for part in parts) <= 20
    assert np.concatenate(parts).tolist() == list(range(100))
