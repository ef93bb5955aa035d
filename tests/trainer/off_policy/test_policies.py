"""What the policies would show."""

import numpy as np
import pytest

from trainer.off_policy import ColumnPolicy, GivenPolicy, ItemSharePolicy, UniformPolicy


def as_table(policy, log, rows):
    """Chances by row and item of a spread."""
    spread = policy.spread(log, np.array(rows))
    table = np.zeros((len(log), len(log.items)))
    np.add.at(table, (spread.row, spread.item), spread.probability)
    return table


def test_uniform_shows_each_item_alike(four):
    policy = UniformPolicy()
    assert policy.shown(four) == pytest.approx([1 / 3] * 4)
    table = as_table(policy, four, [1, 3])
    assert table[[1, 3]] == pytest.approx(np.full((2, 3), 1 / 3))
    assert not table[[0, 2]].any()


def test_shares_are_those_of_the_position_in_the_other_log(four):
    policy = ItemSharePolicy.of_counts(np.array([1, 1, 1, 1, 2]), np.array([0, 0, 0, 2, 1]), 3)
    assert policy.shown(four) == pytest.approx([0.75, 1.0, 0.25, 0.75])
    assert as_table(policy, four, [0, 1])[:2] == pytest.approx(np.array([[0.75, 0, 0.25], [0, 1, 0]]))


def test_a_table_gives_the_chances_of_its_items_and_0_to_others(four):
    rows, items = np.array([0, 0, 1, 2, 3]), np.array([0, 1, 1, 0, 2])
    policy = GivenPolicy(rows, items, np.array([0.4, 0.6, 1.0, 1.0, 1.0]), 4)
    assert policy.shown(four) == pytest.approx([0.4, 1.0, 0.0, 0.0])
    assert as_table(policy, four, [0, 2])[[0, 2]] == pytest.approx(np.array([[0.4, 0.6, 0], [1, 0, 0]]))
    assert not as_table(policy, four, [0, 2])[[1, 3]].any()


def test_a_table_of_the_shown_items_alone_has_no_spread(four):
    policy = GivenPolicy(np.arange(4), four.item, np.full(4, 0.3), 4)
    assert policy.shown(four) == pytest.approx([0.3] * 4)
    assert policy.spread(four, np.arange(4)) is None
    assert "don't sum to 1" in policy.unknown()


def test_a_column_knows_the_shown_items_only(four):
    policy = ColumnPolicy(np.array([0.1, 0.2, 0.3, 0.4]))
    assert policy.shown(four) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert policy.spread(four, np.arange(4)) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_chances_of_a_place_sum_to_1_and_agree_with_those_of_the_shown(world, seed):
    drawn = world.draw(30, seed)
    log = drawn.log
    shares = ItemSharePolicy.of_counts(log.position, log.item, len(log.items))
    for policy in (UniformPolicy(), shares, drawn.target):
        table = as_table(policy, log, np.arange(len(log)))
        assert table.sum(axis=1) == pytest.approx(np.ones(len(log)))
        assert table[np.arange(len(log)), log.item] == pytest.approx(policy.shown(log))
