"""Caps by hand and against a plain loop."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from trainer.config import CapConfig
from trainer.lists.caps import capped_order, item_codes


def reference(codes, caps, size):
    """The first item left that breaks no cap, a position at a time."""
    left, taken = list(range(codes.shape[1])), []
    top = max(size if cap.rolling else min(cap.within, size) for cap in caps)

    def fits(item):
        step = len(taken)
        for cap, values in zip(caps, codes, strict=True):
            if values[item] < 0 or (not cap.rolling and step >= cap.within):
                continue
            near = taken[max(step - cap.within + 1, 0) :] if cap.rolling else taken
            if sum(values[other] == values[item] for other in near) >= cap.most:
                return False
        return True

    while left and len(taken) < top:
        taken.append(next((item for item in left if fits(item)), left[0]))
        left.remove(taken[-1])
    return taken + left


def order(codes, *caps, size=50, fixed=0, drop=False):
    """The order and the number of filled positions of one page; letters are values, a dot is none."""
    values = [tf.constant([[-1 if c == "." else ord(c) for c in text]]) for text in codes]
    mask = tf.ones_like(values[0], tf.bool)
    found, filled = capped_order(values, mask, [CapConfig(column="x", **cap) for cap in caps], size, [fixed], drop)
    return "".join(codes[0][i] for i in found.numpy()[0]), int(filled[0]), found.numpy()[0].tolist()


def test_surplus_items_of_the_top_move_just_below_it():
    assert order(["aaabcd"], {"most": 1, "within": 3})[0] == "abcaad"
    assert order(["aaabcd"], {"most": 2, "within": 4})[0] == "aabcad"


def test_a_rolling_cap_holds_in_every_window():
    assert order(["aaabbc"], {"most": 1, "within": 2, "rolling": True})[0] == "ababac"
    assert order(["aaaabb"], {"most": 2, "within": 3, "rolling": True})[0] == "aabaab"


def test_missing_values_are_not_capped():
    assert order(["..a.a."], {"most": 1, "within": 5})[0] == "..a..a"


def test_where_nothing_fits_the_best_stays_or_the_list_ends():
    cap = {"most": 1, "within": 4}
    assert order(["aabab"], cap)[:2] == ("abaab", 5)
    assert order(["aabab"], cap, drop=True)[1] == 2
    assert order(["abcda"], cap, drop=True)[1] == 5


def test_items_at_the_head_stay_and_count():
    assert order(["aabac"], {"most": 1, "within": 4}, fixed=2)[0] == "aabca"
    assert order(["aabac"], {"most": 1, "within": 5}, fixed=2, drop=True)[:2] == ("aabca", 4)


def test_two_caps_hold_together():
    # Brand and seller; the third item breaks the second cap, the second the first.
    assert order(["aabc", "xyxz"], {"most": 1, "within": 3}, {"most": 1, "within": 3})[2] == [0, 3, 1, 2]


@pytest.mark.parametrize("size", [3, 10, 30])
def test_the_order_is_that_of_a_plain_loop(size):
    generator = np.random.default_rng(7)
    caps = [
        CapConfig(column="brand", most=2, within=6),
        CapConfig(column="seller", most=1, within=3, rolling=True),
        CapConfig(column="brand", most=2, within=4, rolling=True),
    ]
    codes = generator.integers(-1, 5, (3, 8, 25))
    codes[2] = codes[0]
    given = [tf.constant(values, tf.int32) for values in codes]
    found, filled = capped_order(given, tf.ones([8, 25], tf.bool), caps, size)
    assert found.numpy().tolist() == [reference(codes[:, page], caps, size) for page in range(8)]
    assert filled.numpy().tolist() == [25] * 8


def test_codes_are_alike_for_alike_values_and_negative_where_there_is_none():
    codes = item_codes(pd.Series(["Bosch", None, "Makita ", "", "Bosch", "Makita", np.nan], dtype=object))
    assert codes.dtype == np.int32
    assert codes.tolist() == [0, -1, 1, -1, 0, 1, -1]
    assert item_codes(pd.Series([7.0, np.nan, 7.0, 8.0])).tolist() == [0, -1, 0, 1]
