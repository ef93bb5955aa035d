"""Statistics, recomputed by hand."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.data.statistics import base_rates, compute_statistics

ITEMS = pd.DataFrame(
    {
        "item_id": list("abcde"),
        "price": [0.0, 3.0, 8.0, np.nan, 1000.0],
        "brand": ["x", "y", "x", None, "rare"],
        "image": [np.float32([3, 4]), np.float32([0, 0]), None, np.float32([6, 8]), np.float32([9, 9])],
    }
)


def experiment(*items: dict, context: list[dict] | None = None) -> Experiment:
    features = {"items": list(items), "context": context or []}
    return Experiment.model_validate(
        {"name": "x", "data": {"prepared": "p", "items": "i", "search_log": "s"}, "features": features}
    )


@pytest.fixture
def pages() -> Pages:
    """Two pages: items a, b, c clicked 1, 0, 1; items a, d clicked 1, 0 with the first bought."""
    return Pages(
        table=pd.DataFrame({"split": "train", "device": ["phone", None], "hour": [3.0, np.nan]}),
        offset=np.array([0, 3, 5]),
        item=np.int32([0, 1, 2, 0, 3]),
        position=np.int32([1, 2, 3, 1, 0]),
        clicked=np.int8([1, 0, 1, 1, 0]),
        purchased=np.int8([0, 0, 0, 1, 0]),
        relevance=np.full(5, np.nan, np.float32),
    )


def test_numbers_are_counted_once_an_item_that_was_shown(pages: Pages) -> None:
    features = [{"name": "price", "kind": "number"}]
    found = compute_statistics(experiment(*features), ITEMS, pages, None)["features"]["items"]["price"]
    assert found["mean"] == pytest.approx(11 / 3)
    assert found["std"] == pytest.approx(np.std([0, 3, 8]))
    assert found["fill"] == 3.0
    assert found["missing_share"] == pytest.approx(1 / 4)
    assert found["quantiles"] == []


def test_numbers_on_a_log_scale_and_in_buckets(pages: Pages) -> None:
    features = [{"name": "price", "kind": "number", "scale": "log", "buckets": 4}]
    found = compute_statistics(experiment(*features), ITEMS, pages, None)["features"]["items"]["price"]
    logs = [0.0, math.log(4), math.log(9)]
    assert found["mean"] == pytest.approx(np.mean(logs))
    assert found["std"] == pytest.approx(np.std(logs))
    assert found["quantiles"] == pytest.approx([1.5, 3.0, 5.5])


def test_categories_are_counted_an_impression_the_most_frequent_first(pages: Pages) -> None:
    def vocabulary(**limits: int) -> list[str]:
        features = [{"name": "brand", "kind": "categorical", **limits}]
        return compute_statistics(experiment(*features), ITEMS, pages, None)["features"]["items"]["brand"]["vocabulary"]

    assert vocabulary(min_count=1) == ["x", "y"]
    assert vocabulary(min_count=2) == ["x"]
    assert vocabulary(min_count=1, max_vocabulary=1) == ["x"]


def test_features_of_pages_are_counted_a_page(pages: Pages) -> None:
    context = [{"name": "device", "kind": "categorical", "min_count": 1}, {"name": "hour", "kind": "number"}]
    found = compute_statistics(experiment(context=context), ITEMS, pages, None)["features"]["context"]
    assert found["device"]["vocabulary"] == ["phone"]
    assert found["device"]["missing_share"] == 0.5
    assert (found["hour"]["mean"], found["hour"]["missing_share"]) == (3.0, 0.5)


def test_vectors_have_their_width_and_norm(pages: Pages) -> None:
    found = compute_statistics(experiment({"name": "image", "kind": "embedding"}), ITEMS, pages, None)
    expected = {"kind": "embedding", "dimension": 2, "mean_norm": 5.0, "missing_share": 0.25}
    assert found["features"]["items"]["image"] == expected


def test_vectors_that_no_training_page_has_keep_their_width(pages: Pages) -> None:
    items = ITEMS.assign(image=[None, None, None, None, np.float32([9, 9, 1])])
    table = pages.table.assign(split=["train", "test"], place=[None, np.float32([1, 2])])
    declared = {"name": "image", "kind": "embedding"}, {"name": "place", "kind": "embedding"}
    found = compute_statistics(
        experiment(declared[0], context=[declared[1]]), items, dataclasses.replace(pages, table=table), None
    )["features"]
    assert found["items"]["image"] == {"kind": "embedding", "dimension": 3, "mean_norm": 0.0, "missing_share": 1.0}
    assert found["context"]["place"] == {"kind": "embedding", "dimension": 2, "mean_norm": 0.0, "missing_share": 1.0}


def test_only_training_pages_are_counted_but_the_scale_of_judgments_is_that_of_all(pages: Pages) -> None:
    split = dataclasses.replace(pages, table=pages.table.assign(split=["train", "test"]))
    judged = dataclasses.replace(
        split, clicked=np.full(5, -1, np.int8), position=np.zeros(5, np.int32), relevance=np.float32([1, 2, 2, 9, 0])
    )
    features = [{"name": "price", "kind": "number"}, {"name": "brand", "kind": "categorical", "min_count": 1}]
    found = compute_statistics(experiment(*features), ITEMS, split, judged)
    assert found["base_rates"] == pytest.approx({"ctr": 2 / 3, "cvr": 0.0, "ctcvr": 0.0})
    assert found["features"]["items"]["price"]["missing_share"] == 0.0
    assert found["max_position"] == 3
    assert found["relevance"] == pytest.approx({"min": 0.0, "max": 9.0, "mean": 5 / 3})


def test_rates_positions_and_grades(pages: Pages) -> None:
    judged = Pages(
        table=pages.table,
        offset=pages.offset,
        item=pages.item,
        position=np.zeros(5, np.int32),
        clicked=np.full(5, -1, np.int8),
        purchased=np.full(5, -1, np.int8),
        relevance=np.float32([1, 2, 2, 4, 1]),
    )
    found = compute_statistics(experiment(), ITEMS, pages, judged)
    assert found["base_rates"] == pytest.approx({"ctr": 3 / 5, "cvr": 1 / 3, "ctcvr": 1 / 5})
    assert found["position_shares"] == pytest.approx([0.2, 0.4, 0.2, 0.2])
    assert found["max_position"] == 3
    assert found["relevance"] == {"min": 1.0, "max": 4.0, "mean": 2.0}
    assert base_rates(judged) == {"ctr": 0.5, "cvr": 0.5, "ctcvr": 0.25}
    assert "relevance" not in compute_statistics(experiment(), ITEMS, pages, None)


def test_a_feature_that_is_always_missing_has_neutral_statistics(pages: Pages) -> None:
    items = ITEMS.assign(price=np.nan, brand=None, image=None)
    features = [
        {"name": n, "kind": k} for n, k in (("price", "number"), ("brand", "categorical"), ("image", "embedding"))
    ]
    found = compute_statistics(experiment(*features), items, pages, None)["features"]["items"]
    assert found["price"] == {
        "kind": "number",
        "mean": 0.0,
        "std": 1.0,
        "fill": 0.0,
        "quantiles": [],
        "missing_share": 1.0,
    }
    assert found["brand"]["vocabulary"] == []
    assert found["image"]["dimension"] == 1
