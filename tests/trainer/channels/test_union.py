"""The union of channels by hand."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.channels.candidates import Candidates
from trainer.channels.union import union

PADDING = 9


def found(*rows):
    listed = np.array([rows], np.int32)
    return Candidates(tf.constant(listed), tf.constant(np.linspace(1, 0.5, listed.shape[1], dtype=np.float32)[None]))


def fused_of(joined):
    rows, fused = joined.rows.numpy()[0], joined.fused.numpy()[0]
    return {int(row): float(value) for row, value in zip(rows, fused, strict=True) if row != PADDING}


def test_an_item_has_the_reciprocal_ranks_of_all_channels_that_propose_it():
    joined = union({"a": found(1, 2, 3), "b": found(2, PADDING)}, {"a": 0, "b": 1}, tf.constant([[3]]), PADDING)
    expected = {1: 1 / 61, 2: 1 / 62 + 1 / 61}
    assert fused_of(joined) == pytest.approx(expected)
    # The best comes first, what is left out or padded last.
    assert joined.rows.numpy()[0].tolist() == [2, 1, PADDING, PADDING, PADDING]
    assert joined.channels.numpy()[0].tolist() == [3, 1, 0, 0, 0]


def test_the_channel_that_fills_comes_after_the_last_of_the_others_and_counts_for_none_of_their_items():
    proposed = {"a": found(1, 2, 3), "b": found(2, 4), "popular": found(5, 1)}
    numbers = {"a": 0, "b": 1, "popular": 2}
    fused = fused_of(union(proposed, numbers, tf.zeros([1, 0], tf.int32), PADDING, "popular"))
    assert fused == pytest.approx({1: 1 / 61, 2: 1 / 62 + 1 / 61, 3: 1 / 63, 4: 1 / 62, 5: 1 / 64})
    assert sorted(fused, key=lambda row: -fused[row])[-1] == 5


def test_a_channel_that_fills_alone_keeps_its_ranks():
    joined = union({"popular": found(5, 1)}, {"popular": 2}, tf.zeros([1, 0], tf.int32), PADDING, "popular")
    assert fused_of(joined) == pytest.approx({5: 1 / 61, 1: 1 / 62})
