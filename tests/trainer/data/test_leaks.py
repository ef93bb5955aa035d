"""Nothing of the answer, and nothing later, gets into a feature."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from trainer.data.leaks import check_histories, check_leaks
from trainer.data.prepared import Prepared, prepare
from trainer.errors import InputError


def features_of(prepared: Prepared, split: str) -> str:
    """Everything but the labels that the pages of a split are learned from."""
    assert prepared.pages is not None
    pages = prepared.pages.split(split)
    table = pages.table.to_json(date_format="iso", orient="records")
    return json.dumps([table, pages.item.tolist(), pages.position.tolist(), prepared.items.to_json()])


@pytest.mark.parametrize("by", ["time", "query"])
def test_labels_of_test_pages_change_neither_statistics_nor_training_features(store, by: str) -> None:
    data = {"split": {"by": by, "valid": 0.2, "test": 0.2}, "judgments": None}
    before = prepare(store.experiment(**data), progress=False)
    held_out = before.pages.table.query("split != 'train'")["request_id"]
    rows = store.search_log["request_id"].isin(held_out)
    store.search_log.loc[rows, "clicked"] = 1 - store.search_log.loc[rows, "clicked"]
    store.search_log.loc[rows, "purchased"] = 0
    after = prepare(store.experiment(**data), progress=False)
    assert after.pages.split("test").clicked.tolist() == (1 - before.pages.split("test").clicked).tolist()
    assert after.statistics == before.statistics
    assert features_of(after, "train") == features_of(before, "train")
    if by == "query":
        assert features_of(after, "test") == features_of(before, "test")


def test_a_feature_that_holds_the_answer_is_refused_by_name(store) -> None:
    for table, name in (("items", "relevance"), ("context", "propensity"), ("users", "examination")):
        features = {table: [{"name": name, "kind": "number"}]}
        with pytest.raises(InputError, match=f"features.{table}: '{name}'"):
            prepare(store.experiment(features=features), progress=False)


@pytest.mark.parametrize("name", ["click_time", "Clicked", "purchased_at", "conversion_probability", "is_judged"])
def test_times_of_events_and_other_spellings_are_answers_too(store, name: str) -> None:
    store.search_log[name] = 1.0
    with pytest.raises(InputError, match=f"features.context: '{name}'"):
        prepare(store.experiment(features={"context": [{"name": name, "kind": "number"}]}), progress=False)


@pytest.mark.parametrize("kind", ["number", "categorical"])
@pytest.mark.parametrize("filled", ["always", "if clicked"])
def test_a_feature_that_tells_clicks_apart_is_refused(store, kind: str, filled: str) -> None:
    # Pages are clicked throughout or not at all, and the device says which.
    page = store.search_log["request_id"].str[1:].astype(int)
    clicked = (page % 2).astype(int)
    device = pd.Series(np.where(clicked == 1, "1", "0" if filled == "always" else None), dtype=object)
    store.search_log = store.search_log.assign(clicked=clicked, purchased=0, device=device)
    features = {"context": [{"name": "device", "kind": kind, "min_count": 1}]}
    with pytest.raises(InputError, match=r"feature 'device' \(AUC 1.0000\) alone tells clicked from not clicked"):
        prepare(store.experiment(features=features), progress=False)


def test_ids_of_pages_do_not_pass_for_a_feature_that_tells_clicks_apart(store) -> None:
    store.search_log["device"] = store.search_log["request_id"]
    found = prepare(store.experiment(), progress=False).summary["leak_checks"]["feature_auc"]
    assert found["device"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("by", ["time", "query"])
def test_a_later_click_in_a_history_is_found(store, by: str) -> None:
    experiment = store.experiment(split={"by": by, "valid": 0.2, "test": 0.2})
    prepared = prepare(experiment, progress=False)
    pages, ids = prepared.pages, prepared.items["item_id"].to_numpy(object)
    assert pages is not None
    entries = pages.table["history"].map(len).sum()
    assert check_histories(pages, ids, by == "query") == entries > 0
    page = int(np.flatnonzero(pages.table["history"].map(len) > 0)[0])
    doubled = pages.table["history"].tolist()
    doubled[page] = doubled[page] + doubled[page][:1]
    broken = dataclasses.replace(pages, table=pages.table.assign(history=pd.Series(doubled, dtype=object)))
    with pytest.raises(InputError, match="holds a click that was not before it"):
        check_histories(broken, ids, by == "query")


def test_overlapping_splits_are_found(store) -> None:
    experiment = store.experiment(judgments=None)
    prepared = prepare(experiment, progress=False)
    pages = prepared.pages
    assert pages is not None
    swapped = dataclasses.replace(pages, table=pages.table.assign(split=pages.table["split"].to_numpy()[::-1]))
    with pytest.raises(InputError, match="overlap in time"):
        check_leaks(experiment, swapped, None, prepared.items, None)
    by_query = store.experiment(judgments=None, split={"by": "query", "valid": 0.2, "test": 0.2})
    with pytest.raises(InputError, match="is in more than one split"):
        check_leaks(by_query, pages, None, prepared.items, None)
