"""Order by score and places of the candidates together, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.config.lists import ListsConfig
from trainer.lists.fusion import fused_with_places
from trainer.lists.list_policy import ListPolicy
from trainer.lists.page import ListPage

SCORES = tf.constant([[0.1, 0.9, 0.5, 0.9]])


def test_both_ranks_count_and_equal_scores_keep_the_order_of_the_candidates():
    found = fused_with_places(SCORES, tf.constant([[True] * 4]), 2.0).numpy()[0]
    # Ranks by score: 4, 1, 3, 2; places 1 to 4.
    assert found == pytest.approx([1 / 24 + 2 / 21, 1 / 21 + 2 / 22, 1 / 23 + 2 / 23, 1 / 22 + 2 / 24])


def test_what_is_no_item_takes_no_rank_and_no_place():
    found = fused_with_places(SCORES, tf.constant([[False, True, True, True]]), 1.0).numpy()[0]
    assert found[1:] == pytest.approx([2 / 21, 1 / 23 + 1 / 22, 1 / 22 + 1 / 23])


@pytest.mark.parametrize(("weight", "expected"), [(0.0, [1, 3, 2, 0]), (100.0, [0, 1, 2, 3])])
def test_the_weight_goes_from_the_order_by_score_to_that_of_the_candidates(weight, expected):
    policy = ListPolicy(ListsConfig(size=4, channel_weight=weight))
    page = ListPage(ids=tf.constant([["a", "b", "c", "d"]]), scores=SCORES, mask=tf.constant([[True] * 4]))
    assert policy(page).index.numpy()[0].tolist() == expected


def test_boosts_come_before():
    boosted = [{"items": ["a"], "plus": 5.0}]
    page = ListPage(ids=tf.constant([["a", "b", "c", "d"]]), scores=SCORES, mask=tf.constant([[True] * 4]))
    for boosts, first in (([], "b"), (boosted, "a")):
        config = ListsConfig.model_validate({"size": 4, "channel_weight": 0.5, "boosted": boosts})
        index = ListPolicy(config)(page).index.numpy()[0]
        assert np.array(["a", "b", "c", "d"])[index[0]] == first
