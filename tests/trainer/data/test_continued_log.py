"""New days behind the pages of a run that is continued."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from trainer.config import IncrementalConfig, dump_experiment
from trainer.data.prepared import Prepared, ensure_prepared, prepare
from trainer.errors import InputError

QUIET = Console(quiet=True)


def of_the_base(store, **data):
    """The store's experiment as a run that only has its configuration, and its prepared data."""
    experiment = store.experiment(**data)
    prepared = prepare(experiment, QUIET, progress=False)
    (store.folder / "run").mkdir(exist_ok=True)
    (store.folder / "run" / "config.yaml").write_text(dump_experiment(experiment))
    return experiment, prepared


def later(log: pd.DataFrame, days: int = 10, prefix: str = "new-") -> pd.DataFrame:
    """The same log some days later, under other request ids."""
    moved = pd.to_datetime(log["timestamp"]) + pd.Timedelta(days=days)
    return log.assign(request_id=prefix + log["request_id"], timestamp=moved.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def continued(store, base, log: pd.DataFrame, **files: pd.DataFrame):
    """The experiment that goes on from the base with new tables."""
    experiment, prepared = base
    changes = {"prepared": store.folder / "prepared-2"}
    for name, table in {"search_log": log, **files}.items():
        changes[name] = store.folder / f"new_{name}.parquet"
        table.to_parquet(changes[name])
    data = experiment.data.model_copy(update=changes)
    incremental = IncrementalConfig(base=store.folder / "run", base_data=prepared.data_hash)
    return experiment.model_copy(update={"name": "store-2", "data": data, "incremental": incremental})


def prepared_with(store, base, log: pd.DataFrame, **files: pd.DataFrame) -> Prepared:
    return prepare(continued(store, base, log, **files), QUIET, progress=False)


def test_new_days_have_splits_of_their_own_behind_the_old_pages(store):
    base = of_the_base(store)
    prepared = prepared_with(store, base, later(store.search_log))
    counts = prepared.pages.table.groupby(["of_base", "split"]).size().to_dict()
    assert counts == {
        (True, "train"): 24,
        (True, "old_valid"): 8,
        (True, "old_test"): 8,
        (False, "train"): 24,
        (False, "valid"): 8,
        (False, "test"): 8,
    }
    table = prepared.pages.table
    assert table.loc[~table["of_base"], "timestamp"].min() > table.loc[table["of_base"], "timestamp"].max()
    old, kept = base[1].pages, prepared.pages.take(np.flatnonzero(table["of_base"]))
    ids = [pages.item for pages in (old, kept)]
    assert (base[1].items["item_id"].to_numpy()[ids[0]] == prepared.items["item_id"].to_numpy()[ids[1]]).all()
    np.testing.assert_array_equal(old.clicked, kept.clicked)


def test_statistics_stay_those_of_the_run(store):
    base = of_the_base(store)
    prepared = prepared_with(store, base, later(store.search_log).assign(device="watch", clicked=1))
    assert prepared.statistics == base[1].statistics
    found = prepared.summary["continued"]
    assert found["unseen"]["context.device"] == {"values": 1.0, "share": 1.0}
    assert any(
        note.startswith("context.device: 1 values that the continued run does not know, on 100.0%")
        for note in prepared.summary["notes"]
    )


def test_pages_that_the_run_has_and_pages_that_are_not_later_are_dropped_and_counted(store):
    base = of_the_base(store)
    again = store.search_log.tail(12)
    early = later(store.search_log, 0, "late-").head(20)
    log = pd.concat([again, early, later(store.search_log)], ignore_index=True)
    prepared = prepared_with(store, base, log)
    found = prepared.summary["continued"]
    assert (found["pages"], found["same_request"], found["not_later"]) == (40, 3, 5)
    assert not prepared.pages.table["request_id"].duplicated().any()
    assert "3 pages dropped: the continued run has their request_id already" in prepared.summary["notes"]


def test_a_log_without_a_new_page_is_refused(store):
    base = of_the_base(store)
    with pytest.raises(InputError, match=r"none of its 40 pages is new to .*: 40 have a request_id that it knows"):
        prepared_with(store, base, store.search_log)


def test_the_history_of_new_pages_goes_back_into_the_old_days(store):
    base = of_the_base(store)
    prepared = prepared_with(store, base, later(store.search_log).assign(clicked=0, purchased=0))
    old = store.search_log[store.search_log["clicked"] == 1]
    table = prepared.pages.table
    for _, page in table[~table["of_base"]].iterrows():
        assert set(page["history"]) <= set(old.loc[old["user_id"] == page["user_id"], "item_id"])
    assert table.loc[~table["of_base"], "history"].map(len).max() > 0
    assert prepared.summary["leak_checks"]["history_entries_checked"] > 0


def test_new_items_come_with_their_table_and_old_ones_stay(store):
    base = of_the_base(store)
    fresh = pd.DataFrame(
        {
            "item_id": ["100", "004"],
            "title": ["new thing", "thing 4, renamed"],
            "brand": "green",
            "price": 3.0,
            "image": "[1, 2, 3]",
        }
    )
    log = later(store.search_log)
    log.loc[log["item_id"] == "003", "item_id"] = "100"
    prepared = prepared_with(store, base, log, items=fresh)
    assert set(prepared.items["item_id"]) == {*store.items["item_id"], "100"}
    titles = prepared.items.set_index("item_id")["title"]
    assert titles["004"] == "thing 4, renamed"
    assert titles["005"] == "thing 5"
    assert prepared.summary["continued"]["new_items"] == 1
    assert prepared.summary["continued"]["unseen"]["items.brand"]["values"] == 1


def test_vectors_of_another_width_are_refused(store):
    base = of_the_base(store)
    wide = store.items.assign(image="[1, 2, 3, 4]")
    with pytest.raises(InputError, match="'image' of item '000' has 4 numbers, the continued run takes 3"):
        prepared_with(store, base, later(store.search_log), items=wide)


def test_judged_queries_keep_their_split(store):
    base = of_the_base(store)
    more = store.judgments.assign(query="another " + store.judgments["query"])
    prepared = prepared_with(store, base, later(store.search_log), judgments=pd.concat([store.judgments, more]))
    before = base[1].judged.table.set_index("query")["split"].to_dict()
    table = prepared.judged.table
    assert table[table["of_base"]].set_index("query")["split"].to_dict() == before
    assert set(table.loc[~table["of_base"], "split"]) == {"train", "valid", "test"}


def test_a_relevance_outside_the_scale_of_the_run_is_refused(store):
    base = of_the_base(store)
    with pytest.raises(InputError, match=r"data\.judgments: relevance 90 is outside "):
        prepared_with(store, base, later(store.search_log), judgments=store.judgments.assign(relevance=90))


def test_a_chain_keeps_every_earlier_day(store):
    base = of_the_base(store)
    first = continued(store, base, later(store.search_log))
    prepared = prepare(first, QUIET, progress=False)
    (store.folder / "run-2").mkdir()
    (store.folder / "run-2" / "config.yaml").write_text(dump_experiment(first))
    path = store.folder / "third.parquet"
    later(store.search_log, 20, "third-").to_parquet(path)
    data = first.data.model_copy(update={"search_log": path, "prepared": store.folder / "prepared-3"})
    incremental = IncrementalConfig(base=store.folder / "run-2", base_data=prepared.data_hash)
    third = prepare(first.model_copy(update={"data": data, "incremental": incremental}), QUIET, progress=False)
    assert third.pages.table["split"].value_counts().to_dict() == {
        "train": 72,
        "old_valid": 16,
        "old_test": 16,
        "valid": 8,
        "test": 8,
    }
    assert third.statistics == base[1].statistics


def test_prepared_data_are_enough_when_the_old_tables_are_gone(store):
    base = of_the_base(store)
    experiment = continued(store, base, later(store.search_log))
    base[0].data.search_log.unlink()
    assert prepare(experiment, QUIET, progress=False).summary["continued"]["pages"] == 40


def test_old_tables_that_have_changed_are_refused(store):
    base = of_the_base(store)
    experiment = continued(store, base, later(store.search_log))
    store.search_log = store.search_log.assign(clicked=1)
    prepare(store.experiment(), QUIET, progress=False)
    with pytest.raises(InputError, match=r"not the data that .* was trained on"):
        prepare(experiment, QUIET, progress=False)


def test_prepared_data_of_a_continued_run_are_taken_again_without_the_run_before(store):
    base = of_the_base(store)
    experiment = continued(store, base, later(store.search_log))
    made = prepare(experiment, QUIET, progress=False)
    (store.folder / "run" / "config.yaml").unlink()
    assert ensure_prepared(experiment, QUIET, progress=False).data_hash == made.data_hash
    other = experiment.model_copy(update={"incremental": experiment.incremental.model_copy(update={"base_data": "x"})})
    with pytest.raises(InputError, match=r"no run folder \(config\.yaml is missing\)"):
        ensure_prepared(other, QUIET, progress=False)


def test_a_run_of_judgments_alone_cant_be_continued(store):
    base = of_the_base(store, search_log=None, users=None, features={}, model={"relevance": True, "score": "relevance"})
    log = later(store.search_log)
    experiment = continued(store, base, log)
    with pytest.raises(InputError, match="was trained on judgments alone"):
        prepare(experiment, QUIET, progress=False)


def test_negatives_are_drawn_for_the_new_pages_of_a_log_of_clicks(store):
    store.search_log = store.search_log[store.search_log["clicked"] == 1]
    base = of_the_base(store, log="clicks", negatives={"per_click": 3, "hard": 1})
    prepared = prepared_with(store, base, later(store.search_log))
    new = prepared.pages.take(np.flatnonzero(~prepared.pages.table["of_base"]))
    clicks = np.bincount(new.page_of_impression, weights=new.clicked == 1)
    np.testing.assert_array_equal(
        (new.sizes - clicks)[new.table["split"] != "train"], 3 * clicks[new.table["split"] != "train"]
    )
    assert prepared.summary["negatives"]["wanted"] >= 3 * clicks.sum()
