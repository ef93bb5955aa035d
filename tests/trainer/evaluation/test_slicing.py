"""Which pages and impressions a slice holds, by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import small_shop
from trainer.config import FeatureConfig, FeaturesConfig, SliceConfig
from trainer.evaluation.slicing import slicings

FEATURES = FeaturesConfig(
    items=[FeatureConfig(name="price", kind="number"), FeatureConfig(name="brand", kind="categorical")],
    users=[FeatureConfig(name="segment", kind="categorical")],
    context=[FeatureConfig(name="hour", kind="number")],
)


@pytest.fixture
def pages():
    return small_shop.pages(12, split="test")


def sliced(pages, training=None, **keys):
    training = small_shop.pages(12) if training is None else training
    (found,) = slicings([SliceConfig(**keys)], FEATURES, pages, small_shop.items(), training)
    return found


def names_of(found):
    return [[*found.names, None][code] for code in found.code]


def with_queries(pages, queries):
    return dataclasses.replace(pages, table=pages.table.assign(query=queries))


def test_queries_go_by_their_share_of_the_training_pages(pages):
    training = with_queries(small_shop.pages(12), ["a"] * 6 + ["b"] * 3 + ["c", "d", "e"])
    asked = with_queries(pages, ["a", " A ", "b", "c", "e", "new", "B", "x", "d", "a", "b", "c"])
    found = sliced(asked, training, by="query_frequency")
    # Half of the pages ask for a, whose middle lies in the first third; b's at 7.5 of 12 in the second.
    expected = ["head", "head", "torso", "tail", "tail", "unseen", "torso", "unseen", "tail", "head", "torso", "tail"]
    assert names_of(found) == expected
    assert not found.of_items
    assert found.labels == ["head queries", "torso queries", "tail queries", "unseen queries"]


def test_new_items_are_on_no_training_page(pages):
    training = small_shop.pages(3)
    found = sliced(pages, training, by="new_items")
    shown = set(training.item.tolist())
    assert 0 < len(shown) < 8
    assert names_of(found) == [None if item in shown else "new" for item in pages.item.tolist()]
    assert found.of_items


def test_positions_are_banded_by_powers_of_two(pages):
    deep = pages.position.copy()
    deep[:9] = [1, 2, 3, 4, 7, 8, 15, 16, 0]
    found = sliced(dataclasses.replace(pages, position=deep), by="position")
    assert names_of(found)[:9] == ["1", "2-3", "2-3", "4-7", "4-7", "8-15", "8-15", "16-31", None]
    unknown = sliced(dataclasses.replace(pages, position=np.zeros_like(deep)), by="position")
    assert (unknown.names, set(unknown.code)) == ([], {0})


def test_numbers_of_items_are_cut_at_the_quantiles_of_the_items_table(pages):
    found = sliced(pages, by="price", bands=3)
    # Known prices 3, 5, 10, 20, 30, 99, 150: a third lies at 10, two thirds at 30.
    price = small_shop.items()["price"].to_numpy()[pages.item]
    expected = [None if np.isnan(p) else "q1" if p < 10 else "q2" if p < 30 else "q3" for p in price]
    assert names_of(found) == expected
    assert found.labels == ["price below 10", "price 10 to 30", "price 30 or more"]


def test_numbers_that_hardly_differ_make_fewer_bands(pages):
    table = pages.table.assign(hour=[1.0] * 9 + [2.0, 3.0, np.nan])
    found = sliced(dataclasses.replace(pages, table=table), by="hour")
    # Eleven known hours, quartiles 1, 1 and 1: no cut parts them.
    assert (found.names, found.labels) == (["q1"], ["hour known"])
    assert names_of(found)[-1] is None


def test_categories_are_the_most_frequent_values_of_the_pages(pages):
    found = sliced(pages, by="brand", top=2)
    brand = small_shop.items()["brand"].iloc[pages.item]
    counts = brand.value_counts()
    assert found.names == counts.index[:2].tolist()
    assert names_of(found) == [b if b in found.names else None for b in brand.where(brand.notna(), None)]
    of_users = sliced(pages, by="segment")
    assert not of_users.of_items
    assert of_users.names == ["loyal", "new"]
    assert names_of(of_users) == [None if pd.isna(s) else s for s in pages.table["segment"]]
