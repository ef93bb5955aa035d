import dataclasses

import numpy as np
import pandas as pd
import pytest

from trainer.collaborative.weights import age_in_days, decay, kind_weights
from trainer.config import TaskConfig


def test_clicks_and_purchases_add_up_and_what_is_unknown_counts_nothing(pages):
    found = kind_weights(pages, {"click": 1.0, "purchase": 3.0}, [])
    #                       ann's two pages | bob's two    | cat   | no user, dan, eve, dan
    assert found.tolist() == [4, 1, 0, 1, 0, 1, 1, 4, 0, 1, 1, 1, 1, 0, 0, 0, 1]


def test_a_kind_without_a_weight_does_not_count(pages):
    assert kind_weights(pages, {"purchase": 2.0}, []).sum() == 4


def test_a_declared_task_counts_where_its_label_is_1_and_the_task_looks(pages):
    label = np.full(len(pages.item), np.nan, np.float32)
    label[[0, 1, 2]] = [0, 1, 1]
    labelled = dataclasses.replace(pages, labels={"cart": label})
    everywhere, on_clicks = (TaskConfig(name="cart", column="in_cart", on=on) for on in ("all", "clicked"))
    assert kind_weights(labelled, {"cart": 0.5}, [everywhere])[:4].tolist() == [0, 0.5, 0.5, 0]
    assert kind_weights(labelled, {"cart": 0.5}, [on_clicks])[:4].tolist() == [0, 0.5, 0, 0]


def test_a_weight_halves_with_each_half_life():
    times = pd.Series(pd.to_datetime(["2025-01-01", "2025-01-15", "2025-01-29"], utc=True))
    assert age_in_days(times).tolist() == [28, 14, 0]
    assert decay(age_in_days(times), 14.0).tolist() == [0.25, 0.5, 1]
    assert decay(age_in_days(times), None).tolist() == [1, 1, 1]


def test_age_counts_hours_too():
    times = pd.Series(pd.to_datetime(["2025-01-01 06:00", "2025-01-02 00:00"], utc=True))
    assert age_in_days(times) == pytest.approx([0.75, 0])
