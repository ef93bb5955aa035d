"""Batches and how often an item is in one."""

import numpy as np

from trainer.retrieval.batches import ClickBatches


def test_each_training_click_is_once_in_an_epoch_and_nothing_of_the_other_splits(made_material):
    batches = ClickBatches(made_material(batch=64, without_query=0.0))
    made = list(batches.epoch(1))
    assert len(made) == batches.steps == 16
    clicked = np.concatenate([b["items"][: len(b["query"])] for b in made])
    np.testing.assert_array_equal(np.bincount(clicked), np.full(20, 50))
    assert all(b["asked"].all() for b in made)


def test_an_epoch_is_the_same_for_the_same_seed_and_another_than_the_next(made_material):
    batches = ClickBatches(made_material())
    one, again, other = (np.concatenate([b["items"] for b in batches.epoch(n)]) for n in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_probability_of_an_item_is_its_share_of_the_batches(made_material):
    batches = ClickBatches(made_material(batch=100, uniform_negatives=300))
    made = [b for n in range(200) for b in batches.epoch(n)]
    drawn = np.bincount(np.concatenate([b["items"] for b in made]), minlength=60)
    shares = drawn / drawn.sum()
    expected = batches.probability(np.arange(60), 100)
    np.testing.assert_allclose(shares, expected, rtol=0.05)
    # 100 of 400 are clicks on 20 items alike, 300 are spread over 60.
    np.testing.assert_allclose(expected[[0, 59]], [0.25 / 20 + 0.75 / 60, 0.75 / 60], rtol=1e-6)


def test_some_queries_are_hidden(made_material):
    asked = np.concatenate([b["asked"] for b in ClickBatches(made_material(without_query=0.3)).epoch(1)])
    assert 0.25 < 1 - asked.mean() < 0.35
