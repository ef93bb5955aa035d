"""Sampled negatives and all items as candidates."""

import numpy as np
import pandas as pd
import pytest

from trainer.config import NegativesConfig
from trainer.data.negatives import add_negatives, all_candidates, sample_items
from trainer.data.pages import Pages


def clicks_only(clicked_items: list[list[int]], splits: list[str]) -> Pages:
    sizes = [len(items) for items in clicked_items]
    total = sum(sizes)
    return Pages(
        table=pd.DataFrame({"request_id": [f"r{n}" for n in range(len(sizes))], "split": splits}),
        offset=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        item=np.concatenate(clicked_items).astype(np.int32),
        position=np.ones(total, np.int32),
        clicked=np.ones(total, np.int8),
        purchased=np.zeros(total, np.int8),
        relevance=np.full(total, np.nan, np.float32),
    )


@pytest.mark.parametrize("item_count", [12, 500])
def test_each_click_gets_its_negatives_once_a_page(item_count: int) -> None:
    pages = clicks_only([[0], [1, 2], [3], [4]], ["train", "valid", "train", "test"])
    out = add_negatives(pages, item_count, NegativesConfig(per_click=4, power=0.7), 50, seed=1)
    assert out.sizes.tolist() == [5, 10, 5, 5]
    assert out.table["request_id"].tolist() == ["r0", "r1", "r2", "r3"]
    for page in range(4):
        items = out.item[out.offset[page] : out.offset[page + 1]]
        assert len(set(items)) == len(items)
        assert items.min() >= 0
        assert items.max() < item_count
    np.testing.assert_array_equal(out.item[out.clicked == 1], pages.item)
    assert out.purchased.sum() == 0
    assert (out.position == 0).all()


def test_pages_grow_no_longer_than_allowed_and_than_there_are_items() -> None:
    pages = clicks_only([[0, 1]], ["train"])
    assert add_negatives(pages, 500, NegativesConfig(per_click=15), 20, seed=1).sizes.tolist() == [20]
    out = add_negatives(pages, 7, NegativesConfig(per_click=15), 50, seed=1)
    assert sorted(out.item.tolist()) == list(range(7))


def test_power_favours_items_that_are_clicked_in_training() -> None:
    popular = [[0]] * 300 + [[1]] * 100 + [[2]] * 400
    pages = clicks_only(popular, ["train"] * 400 + ["test"] * 400)
    drawn = {}
    for power in (0.0, 1.0):
        out = add_negatives(pages, 500, NegativesConfig(per_click=2, power=power), 50, seed=1)
        drawn[power] = np.bincount(out.split("train").item[out.split("train").clicked == 0], minlength=500)
        test = out.split("test")
        assert np.bincount(test.item[test.clicked == 0], minlength=500)[[0, 1]].max() < 12
    # Item 1 weighs 101 of the 599 that pages which clicked item 0 draw from; clicks on test pages weigh nothing.
    assert drawn[0.0][1] < 12
    assert 60 < drawn[1.0][1] < 180
    assert drawn[1.0][2] < 12


@pytest.mark.parametrize("need", [1, 4])
def test_draws_follow_the_weights_without_replacement(need: int) -> None:
    """Shares of the first draw and inclusion in all, against drawing one by one with NumPy."""
    weights = np.array([8.0, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    pages = clicks_only([[19]] * 4000, ["train"] * 4000)
    _, item = sample_items(pages, np.full(4000, need), weights, np.random.default_rng(0))
    share = np.bincount(item, minlength=20) / 4000
    allowed = weights[:19] / weights[:19].sum()
    random = np.random.default_rng(1)
    reference = np.zeros(19)
    for _ in range(4000):
        reference[random.choice(19, need, replace=False, p=allowed)] += 1 / 4000
    assert share[19] == 0
    np.testing.assert_allclose(share[:19], reference, atol=0.035)


def test_labels_of_test_pages_do_not_change_training_negatives() -> None:
    config = NegativesConfig(per_click=5, power=0.5)
    first = clicks_only([[0], [1], [2], [3]], ["train", "train", "test", "valid"])
    second = clicks_only([[0], [1], [7], [9]], ["train", "train", "test", "valid"])
    a, b = (add_negatives(pages, 60, config, 50, seed=2).split("train").item for pages in (first, second))
    np.testing.assert_array_equal(a, b)


def test_all_items_are_candidates_with_the_labels_kept() -> None:
    pages = clicks_only([[2], [0, 1]], ["test", "test"])
    out = all_candidates(pages, 4)
    assert out.item.tolist() == [0, 1, 2, 3] * 2
    assert out.clicked.tolist() == [0, 0, 1, 0, 1, 1, 0, 0]
    assert out.position.tolist() == [0, 0, 1, 0, 1, 1, 0, 0]
    assert out.purchased.tolist() == [0] * 8
    assert out.offset.tolist() == [0, 4, 8]
    assert np.isnan(out.relevance).all()
