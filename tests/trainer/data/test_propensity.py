"""Propensities of the log on its pages."""

import json

import numpy as np
import pandas as pd
import pytest

from trainer.data.negatives import all_candidates
from trainer.data.page_building import cut_pages
from trainer.data.pages import concatenate
from trainer.data.prepared import Prepared, prepare
from trainer.errors import InputError


def test_the_log_keeps_its_propensities_and_those_that_are_missing(store) -> None:
    logged = np.tile([1.0, 0.25, np.nan, 0.5], 40)
    store.search_log["propensity"] = logged
    prepared = prepare(store.experiment(), progress=False)
    assert prepared.pages is not None
    again = Prepared.load(prepared.folder).pages
    assert again is not None
    for pages in (prepared.pages, again):
        assert pages.propensity is not None
        assert pages.propensity.dtype == np.float32
        np.testing.assert_array_equal(pages.propensity, logged.astype(np.float32))
    part = again.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.propensity, np.tile(logged[:4], 2).astype(np.float32))
    np.testing.assert_array_equal(cut_pages(again, 2)[0].propensity, np.tile([1.0, 0.25], 40).astype(np.float32))
    assert prepared.judged is not None
    assert prepared.judged.propensity is None or np.isnan(prepared.judged.propensity).all()


def test_a_log_without_them_has_none(store) -> None:
    prepared = prepare(store.experiment(), progress=False)
    assert prepared.pages is not None
    assert prepared.pages.propensity is None
    assert "propensity" not in pd.read_parquet(prepared.folder / "impressions.parquet")


def test_candidates_that_were_not_shown_have_none(store) -> None:
    store.search_log["propensity"] = 0.5
    pages = prepare(store.experiment(), progress=False).pages
    assert pages is not None
    every = all_candidates(pages, 12)
    assert every.propensity is not None
    np.testing.assert_array_equal(every.propensity == 0.5, every.position > 0)
    assert np.isnan(every.propensity[every.position == 0]).all()
    both = concatenate([pages, all_candidates(pages.take(np.array([0])), 12)])
    assert both.propensity is not None
    assert len(both.propensity) == len(pages.item) + 12


def test_values_that_are_no_probability_reject_their_rows_with_the_reason(store) -> None:
    values = ["0.5"] * 160
    values[0], values[5], values[10], values[15], values[20] = "0", "1.5", "-0.1", "often", ""
    store.search_log["propensity"] = values
    prepared = prepare(store.experiment(max_rejected_share=0.5), progress=False)
    assert prepared.summary["rejected"]["reasons"] == {"search_log": {"propensity is no number above 0 and up to 1": 4}}
    rejected = pd.read_csv(prepared.folder / "rejected.csv")
    assert rejected["row"].tolist() == [1, 6, 11, 16]


def test_a_column_without_any_number_is_a_fault_of_the_file(store) -> None:
    store.search_log["propensity"] = "often"
    with pytest.raises(
        InputError, match=r"search_log\.csv: column 'propensity' holds no numbers \(row 1 has 'often'\)"
    ):
        prepare(store.experiment(), progress=False)


def test_raw_impressions_keep_them_too(store) -> None:
    events = {}
    shown = store.search_log.drop(columns=["clicked", "purchased"]).assign(propensity=0.125)
    clicks = store.search_log.query("clicked == 1")[["request_id", "item_id", "timestamp"]]
    for name, table in (("impressions", shown), ("clicks", clicks)):
        events[name] = str(store.folder / f"{name}.csv")
        table.to_csv(events[name], index=False)
    prepared = prepare(store.experiment(search_log=None, events=events), progress=False)
    assert prepared.pages is not None
    np.testing.assert_array_equal(prepared.pages.propensity, np.float32(0.125))
    assert json.loads((prepared.folder / "prepare.json").read_text())["rejected"]["rows"] == {}
