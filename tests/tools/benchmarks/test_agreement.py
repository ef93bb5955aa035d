"""The comparison of trainer and bundle, on hand-made pages."""

import numpy as np
import pandas as pd
import pytest

from shelfrank_client import RankedItem, RankedPage
from tools.benchmarks.agreement import compare, rises
from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.scores import Scores

IDS = np.array(["a", "b", "c", "d"], object)


def two_pages() -> Pages:
    """The items a, b, c and then d, a."""
    nothing = np.zeros(5, np.int8)
    return Pages(
        table=pd.DataFrame({"request_id": ["first", "second"]}),
        offset=np.array([0, 3, 5]),
        item=np.array([0, 1, 2, 3, 0], np.int32),
        position=nothing.astype(np.int32),
        clicked=nothing,
        purchased=nothing,
        relevance=np.full(5, np.nan, np.float32),
    )


def scores(values: list[float], ctr: list[float] | None = None) -> Scores:
    return Scores(np.array(values, np.float32), None if ctr is None else np.array(ctr, np.float32))


def answer(*items: tuple[str, float], ctr: float = 0.5, known: bool = True) -> RankedPage:
    return RankedPage(tuple(RankedItem(item, score, ctr, 0.5, 0.25, known) for item, score in items), 1)


def test_equal_scores_in_the_same_order_differ_in_nothing():
    found = compare(
        two_pages(),
        scores([0.25, 0.75, 0.5, 0.125, 0.5]),
        IDS,
        [answer(("b", 0.75), ("c", 0.5), ("a", 0.25)), answer(("a", 0.5), ("d", 0.125))],
    )
    assert (found.pages, found.candidates, found.unknown) == (2, 5, 0)
    assert (found.max_difference, found.misplaced, found.near_ties) == (0.0, 0, 0)
    assert found.differences == {"score": 0.0}


def test_the_largest_difference_of_each_output_is_found():
    found = compare(
        two_pages(),
        scores([0.25, 0.75, 0.5, 0.125, 0.5], ctr=[0.5, 0.5, 0.25, 0.5, 0.5]),
        IDS,
        [answer(("b", 0.75), ("c", 0.5), ("a", 0.3125)), answer(("a", 0.5), ("d", 0.0), known=False)],
    )
    assert found.differences == {"score": 0.125, "ctr": 0.25}
    assert found.max_difference == 0.25
    assert found.unknown == 2


def test_another_order_counts_where_the_trainers_scores_differ():
    found = compare(
        two_pages(),
        scores([0.25, 0.75, 0.5, 0.125, 0.5]),
        IDS,
        [answer(("b", 0.75), ("a", 0.25), ("c", 0.5)), answer(("d", 0.125), ("a", 0.5))],
    )
    assert (found.max_difference, found.misplaced, found.near_ties) == (0.0, 2, 0)


def test_another_order_of_nearly_equal_scores_is_a_near_tie():
    found = compare(
        two_pages(),
        scores([0.5, 0.5 + 2**-21, 0.25, 0.125, 0.5]),  # 2 ** -21 is 4.8e-7
        IDS,
        [answer(("a", 0.5), ("b", 0.5 + 2**-21), ("c", 0.25)), answer(("a", 0.5), ("d", 0.125))],
    )
    assert (found.misplaced, found.near_ties) == (0, 1)


def test_a_rise_is_measured_from_the_lowest_score_above():
    # Each step is below 1e-6, but the last is above the first by more.
    np.testing.assert_allclose(rises(np.array([3.0, 0.0, 8e-7, 1.6e-6, -1.0])), [0, 0, 8e-7, 1.6e-6, 0])


@pytest.mark.parametrize("page", [answer(("b", 0.75), ("a", 0.25)), answer(("b", 0.7), ("a", 0.2), ("d", 0.1))])
def test_other_items_than_asked_are_an_error(page):
    with pytest.raises(InputError, match="page first: the bundle answered other items than asked"):
        compare(two_pages(), scores([0.25, 0.75, 0.5, 0.125, 0.5]), IDS, [page])
