"""Labels of declared tasks, from the search log to pages."""

import numpy as np
import pytest

from trainer.data.down_sampling import down_sample
from trainer.data.negatives import all_candidates
from trainer.data.pages import concatenate
from trainer.data.prepared import Prepared, prepare
from trainer.errors import InputError

CART = {"name": "add_to_cart", "column": "carted"}
VALUE = {"name": "order_value", "column": "value", "loss": "huber", "on": "purchased"}
TASKS = [CART, VALUE]


@pytest.fixture
def shop(store):
    """The store with the two columns; a value where something was bought, and a few unknown labels."""
    random = np.random.default_rng(6)
    log = store.search_log
    log["carted"] = (random.random(len(log)) < 0.5).astype(int).astype(str)
    log.loc[[3, 50], "carted"] = ""
    log["note"] = "a gift"
    log["value"] = np.where(log["purchased"] == 1, np.round(random.uniform(5, 50, len(log)), 2), np.nan)
    return store


def test_labels_are_kept_row_by_row_with_unknown_ones(shop) -> None:
    prepared = prepare(shop.experiment(tasks=TASKS), progress=False)
    pages, log = prepared.pages, shop.search_log.set_index(["request_id", "item_id"])
    assert pages is not None
    keys = zip(
        pages.table["request_id"].iloc[pages.page_of_impression],
        prepared.items["item_id"].iloc[pages.item],
        strict=True,
    )
    rows = log.loc[list(keys)]
    expected = rows["carted"].replace("", np.nan).astype(float).to_numpy()
    np.testing.assert_array_equal(pages.labels["add_to_cart"], expected.astype(np.float32))
    np.testing.assert_allclose(pages.labels["order_value"], rows["value"].to_numpy(), rtol=1e-6)
    assert np.isnan(pages.labels["add_to_cart"]).sum() == 2
    assert prepared.judged is not None
    assert all(np.isnan(values).all() for values in prepared.judged.labels.values())
    splits = prepared.summary["splits"].values()
    assert sum(counts["labels_of_add_to_cart"] for counts in splits) == 158
    again = Prepared.load(prepared.folder).pages
    assert again is not None
    for name, values in pages.labels.items():
        np.testing.assert_array_equal(again.labels[name], values)


def test_scales_come_from_training_labels_where_the_task_counts(shop) -> None:
    prepared = prepare(shop.experiment(tasks=TASKS), progress=False)
    training = shop.search_log[
        shop.search_log["request_id"].isin(prepared.pages.table.query("split == 'train'")["request_id"])
    ]
    carted = training["carted"].replace("", np.nan).dropna().astype(float)
    values = training.loc[training["purchased"] == 1, "value"]
    found = prepared.statistics["tasks"]
    assert found["add_to_cart"]["mean"] == pytest.approx(carted.mean())
    assert found["order_value"]["mean"] == pytest.approx(values.mean(), rel=1e-5)
    assert found["order_value"]["std"] == pytest.approx(values.std(ddof=0), rel=1e-5)
    assert found["order_value"]["known"] == len(values)


def test_labels_follow_their_impressions(shop) -> None:
    pages = prepare(shop.experiment(tasks=TASKS), progress=False).pages
    assert pages is not None
    for name, values in pages.labels.items():
        by_key = {(p, i): v for p, i, v in zip(pages.page_of_impression, pages.item, values, strict=True)}
        both = concatenate([pages, pages.take(np.array([2]))])
        np.testing.assert_array_equal(both.labels[name][-4:], [by_key[2, i] for i in both.item[-4:]])
        thinned = down_sample(pages, 0.5, 1)
        assert len(thinned.item) < len(pages.item)
        np.testing.assert_array_equal(thinned.labels[name][thinned.clicked == 1], values[pages.clicked == 1])
        every = all_candidates(pages, 12)
        shown = {(p, i) for p, i in zip(pages.page_of_impression, pages.item, strict=True)}
        for page, item, value in zip(every.page_of_impression, every.item, every.labels[name], strict=True):
            expected = by_key[page, item] if (page, item) in shown else np.nan
            np.testing.assert_array_equal(value, expected)


def test_the_prepared_folder_is_that_of_its_tasks(shop) -> None:
    first = prepare(shop.experiment(), progress=False).data_hash
    second = prepare(shop.experiment(tasks=TASKS), progress=False).data_hash
    weighed = prepare(shop.experiment(tasks=[{**CART, "weight": 0.5}, VALUE]), progress=False).data_hash
    assert first != second
    assert second == weighed


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (
            {**CART, "column": "basket"},
            r"tasks\.0\.column: .*search_log\.csv: no column 'basket'; the file has .*'carted'",
        ),
        (
            {**CART, "column": "device"},
            r"tasks\.0\.column: .*column 'device' holds no 0 and 1 \(row 1 has '(phone|desk)'\)",
        ),
        ({**VALUE, "column": "note"}, r"tasks\.0\.column: .*column 'note' holds no numbers \(row 1 has 'a gift'\)"),
    ],
)
def test_a_missing_or_unreadable_column_is_named_with_its_task(shop, task, message) -> None:
    features = {"items": [], "users": [], "context": []}
    with pytest.raises(InputError, match=message):
        prepare(shop.experiment(tasks=[task], features=features), progress=False)


def test_rows_whose_label_is_out_of_range_are_rejected_with_the_reason(shop) -> None:
    shop.search_log.loc[7, "carted"] = "2"
    shop.search_log["value"] = shop.search_log["value"].astype(object)
    shop.search_log.loc[9, "value"] = "much"
    prepared = prepare(shop.experiment(tasks=TASKS, max_rejected_share=0.1), progress=False)
    reasons = prepared.summary["rejected"]["reasons"]["search_log"]
    assert reasons == {"carted is not 0 or 1": 1, "value is no number": 1}
    with pytest.raises(InputError, match=r"search_log: .*carted is not 0 or 1"):
        prepare(shop.experiment(tasks=TASKS), progress=False)


def test_a_feature_that_holds_the_label_of_a_task_is_found(shop) -> None:
    page = shop.search_log["request_id"].str[1:].astype(int)
    shop.search_log = shop.search_log.assign(carted=page % 2, device=np.where(page % 2 == 1, "phone", "desk"))
    with pytest.raises(InputError, match=r"feature 'device' \(AUC 1.0000\) alone tells 1 from 0 in 'carted'"):
        prepare(shop.experiment(tasks=[CART]), progress=False)


def test_a_task_without_labels_is_noted(shop) -> None:
    shop.search_log["value"] = ""
    prepared = prepare(shop.experiment(tasks=TASKS), progress=False)
    assert "tasks: no label of 'order_value' on the training pages: it can't be learned" in prepared.summary["notes"]
