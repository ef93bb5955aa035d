"""The prepared folder."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from trainer.data.prepared import Prepared, ensure_prepared, prepare
from trainer.errors import InputError


def test_pages_hold_the_log_in_order_with_their_features(store) -> None:
    store.users.loc[2, "region"] = None
    store.users = store.users.iloc[:5]
    prepared = prepare(store.experiment(), progress=False)
    pages = prepared.pages
    assert pages is not None
    table = pages.table
    assert table["request_id"].tolist() == [f"r{n}" for n in range(40)]
    assert table["timestamp"].is_monotonic_increasing
    assert table["split"].tolist() == ["train"] * 24 + ["valid"] * 8 + ["test"] * 8
    np.testing.assert_array_equal(
        prepared.items["item_id"].to_numpy()[pages.item], store.search_log["item_id"].to_numpy()
    )
    np.testing.assert_array_equal(pages.clicked, store.search_log["clicked"])
    np.testing.assert_array_equal(pages.purchased, store.search_log["purchased"])
    np.testing.assert_array_equal(pages.position, store.search_log["position"])
    regions = store.users.set_index("user_id")["region"].reindex(table["user_id"])
    assert table["region"].fillna("-").tolist() == regions.fillna("-").tolist()
    assert (table["region"].isna() == table["user_id"].isin(["u2", "u5"])).all()
    assert table["device"].tolist() == store.search_log["device"].iloc[::4].tolist()
    dtypes = [getattr(pages, name).dtype for name in ("item", "position", "clicked", "purchased", "relevance")]
    assert dtypes == [np.int32, np.int32, np.int8, np.int8, np.float32]
    assert prepared.items["price"].tolist() == store.items["price"].tolist()
    np.testing.assert_array_equal(prepared.items["image"].iloc[3], np.float32([3, 1, 0.5]))


def test_judged_queries_are_parted_and_loaded_beside_the_log(store) -> None:
    prepared = prepare(store.experiment(), progress=False)
    assert prepared.judged is not None
    assert prepared.judged.table["query"].tolist() == sorted(store.judgments["query"].unique())
    assert prepared.judged.table["split"].value_counts().to_dict() == {"train": 4, "valid": 2, "test": 2}
    assert prepared.judged.table["region"].isna().all()
    assert prepared.judged.table["history"].tolist() == [[]] * 8
    assert sorted(prepared.judged.relevance) == sorted(store.judgments["relevance"])
    stored = pd.read_parquet(prepared.folder / "judgments.parquet")
    assert set(stored.columns) == {"query", "item_id", "relevance", "split"}
    assert stored.groupby("query")["split"].nunique().max() == 1


def test_split_by_query_gives_judgments_the_same_split_as_the_log(store) -> None:
    prepared = prepare(store.experiment(split={"by": "query", "valid": 0.2, "test": 0.3}), progress=False)
    assert prepared.pages is not None
    assert prepared.judged is not None
    both = pd.concat([prepared.pages.table, prepared.judged.table])
    assert len(both.drop_duplicates(["query", "split"])) == both["query"].nunique()


def test_judgments_alone_can_be_prepared(store) -> None:
    model = {"relevance": True, "score": "relevance"}
    prepared = prepare(store.experiment(search_log=None, model=model), progress=False)
    assert prepared.pages is None
    assert prepared.judged is not None
    assert prepared.statistics["base_rates"]["ctr"] == 0.5
    assert prepared.statistics["relevance"]["max"] == 3.0


def test_the_summary_names_sources_counts_and_checks(store) -> None:
    store.search_log.loc[0, "clicked"] = 7
    prepared = prepare(store.experiment(max_rejected_share=0.5), progress=False)
    summary = json.loads((prepared.folder / "prepare.json").read_text())
    assert set(summary["sources"]) == {"items", "users", "search_log", "judgments"}
    assert summary["sources"]["items"]["bytes"] == (store.folder / "items.csv").stat().st_size
    assert summary["rows"] == {"items": 12, "users": 6, "search_log": 160, "judgments": 40}
    assert summary["rejected"] == {"rows": {"search_log": 1}, "reasons": {"search_log": {"clicked is not 0 or 1": 1}}}
    clicks = store.search_log.query("clicked == 1 and purchased >= 0")
    assert sum(s["clicks"] for s in summary["splits"].values()) == len(clicks)
    assert set(summary["leak_checks"]) >= {"time_order", "history_entries_checked", "feature_auc"}
    rejected = pd.read_csv(prepared.folder / "rejected.csv")
    assert rejected[["table", "row", "request_id", "reason"]].to_numpy().tolist() == [
        ["search_log", 1, "r0", "clicked is not 0 or 1"]
    ]


def test_too_many_rejected_rows_stop_with_counts_and_the_file(store) -> None:
    store.search_log.loc[:9, "clicked"] = 7
    store.items.loc[0, "title"] = None
    experiment = store.experiment()
    with pytest.raises(InputError) as caught:
        prepare(experiment, progress=False)
    message = str(caught.value)
    rejected = store.folder / "prepared.rejected.csv"
    assert "\n" not in message
    assert "items: 1 of 12 rows (8.3%) break a rule (title is empty: 1)" in message
    assert "clicked is not 0 or 1: 10" in message
    assert str(rejected) in message
    assert not experiment.data.prepared.exists()
    assert len(pd.read_csv(rejected)) >= 11
    prepare(store.experiment(max_rejected_share=0.9), progress=False)
    assert not rejected.exists()


def test_long_pages_lose_their_last_items_and_say_so(store, capsys: pytest.CaptureFixture) -> None:
    prepared = prepare(store.experiment(max_page_items=3), Console(width=200))
    lost = store.search_log.query("position == 4")["clicked"].sum()
    assert prepared.summary["cut_pages"] == {"pages": 40, "impressions": 40, "clicked": lost}
    assert prepared.pages is not None
    assert prepared.pages.sizes.max() == 3
    assert f"cut by 40 impressions, {lost} of them clicked" in capsys.readouterr().out


def test_a_log_of_clicks_gets_negatives(store) -> None:
    store.search_log = store.search_log.query("clicked == 1").drop(columns="position")
    prepared = prepare(store.experiment(log="clicks", negatives={"per_click": 2, "power": 0.5}), progress=False)
    pages = prepared.pages
    assert pages is not None
    clicks = np.bincount(pages.page_of_impression, weights=pages.clicked)
    np.testing.assert_array_equal(pages.sizes, np.minimum(3 * clicks, 12))
    assert prepared.statistics["position_shares"] == [1.0]
    room = int((3 * clicks - pages.sizes).sum())
    total = int(2 * clicks.sum())
    assert prepared.summary["negatives"] == {"wanted": total, "drawn": total - room}


def test_negatives_that_find_no_room_are_reported(store) -> None:
    store.search_log = store.search_log.query("clicked == 1").drop(columns="position")
    clicks = np.bincount(store.search_log["request_id"].str[1:].astype(int))
    clicks = clicks[clicks > 0]
    drawn = int((np.minimum(5 * clicks, 6) - clicks).sum())
    prepared = prepare(store.experiment(log="clicks", negatives={"per_click": 4}, max_page_items=6), progress=False)
    assert any(note.startswith(f"{drawn} of {4 * clicks.sum()} negatives") for note in prepared.summary["notes"])


def test_what_can_not_be_learned_is_noted(store, capsys: pytest.CaptureFixture) -> None:
    assert prepare(store.experiment(), progress=False).summary["notes"] == []
    store.users["user_id"] = "x" + store.users["user_id"]
    store.search_log["purchased"] = 0
    store.search_log["device"] = None
    notes = prepare(store.experiment(), Console(width=200)).summary["notes"]
    assert notes == [
        "no purchase on the training pages: CVR can't be learned",
        "features.users: missing on every training page: region",
        "features.context: missing on every training page: device",
        "40 of 40 pages have a user_id that is not in users: their user features are missing",
    ]
    shown = capsys.readouterr().out
    assert all(f"note: {note}" in shown for note in notes)
    store.search_log["clicked"] = 0
    assert prepare(store.experiment(), progress=False).summary["notes"][0].startswith("no click on the training pages")
    alone = store.experiment(search_log=None, model={"relevance": True, "score": "relevance"})
    assert prepare(alone, progress=False).summary["notes"][0].startswith("no log")


def test_the_same_input_gives_the_same_files(store, tmp_path: Path) -> None:
    first = prepare(store.experiment(), progress=False)
    second = prepare(store.experiment(prepared=str(tmp_path / "again")), progress=False)
    assert first.summary["files"] == second.summary["files"]
    assert first.data_hash == second.data_hash


def test_prepared_data_is_reused_until_files_or_settings_change(store) -> None:
    experiment = store.experiment()
    marker = experiment.data.prepared / "prepare.json"
    prepare(experiment, progress=False)
    made = marker.stat().st_mtime_ns
    again = ensure_prepared(experiment, progress=False)
    assert marker.stat().st_mtime_ns == made
    changed = ensure_prepared(store.experiment(max_page_items=2), progress=False)
    assert changed.data_hash != again.data_hash
    store.search_log.loc[0, "clicked"] = 1 - store.search_log.loc[0, "clicked"]
    store.search_log.loc[0, "purchased"] = 0
    assert ensure_prepared(store.experiment(), progress=False).data_hash != again.data_hash


def test_runs_of_other_seeds_share_prepared_data_where_the_data_have_a_seed_of_their_own(store) -> None:
    one, two = (store.experiment(seed=4).model_copy(update={"seed": seed}) for seed in (1, 2))
    assert one.data_seed == two.data_seed == 4
    assert ensure_prepared(one, progress=False).data_hash == ensure_prepared(two, progress=False).data_hash
    alone = store.experiment()
    assert alone.data_seed == alone.seed
    assert ensure_prepared(alone, progress=False).data_hash != ensure_prepared(two, progress=False).data_hash


def test_damaged_folders_are_refused_and_made_anew(store) -> None:
    experiment = store.experiment()
    folder = prepare(experiment, progress=False).folder
    (folder / "impressions.parquet").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"impressions.parquet: is not as it was written"):
        Prepared.load(folder)
    assert ensure_prepared(experiment, progress=False).pages is not None
    (folder / "statistics.json").unlink()
    with pytest.raises(InputError, match="damaged"):
        Prepared.load(folder)
    (folder / "prepare.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        Prepared.load(folder)


def test_what_is_no_prepared_folder_is_refused_and_left_alone(store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"other: no prepared data \(prepare.json is missing\)"):
        Prepared.load(other)
    with pytest.raises(InputError, match="other: holds other files"):
        prepare(store.experiment(prepared=str(other)), progress=False)
    assert [p.name for p in other.iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: is a file"):
        prepare(store.experiment(prepared=str(tmp_path / "file")), progress=False)


def test_a_failed_run_leaves_the_earlier_folder_as_it_was(store) -> None:
    earlier = prepare(store.experiment(), progress=False)
    store.search_log["clicked"] = 7
    with pytest.raises(InputError):
        prepare(store.experiment(), progress=False)
    assert Prepared.load(earlier.folder).data_hash == earlier.data_hash
    assert [p.name for p in store.folder.iterdir() if p.name.startswith(".")] == []


def test_the_summary_is_printed(store, capsys: pytest.CaptureFixture) -> None:
    store.search_log.loc[0, "clicked"] = 7
    prepare(store.experiment(max_rejected_share=0.5), Console(width=200))
    shown = capsys.readouterr().out
    assert "items 12, users 6, search_log 160, judgments 40" in shown
    assert "rejected from search_log: 1 (clicked is not 0 or 1)" in shown
    assert "ctcvr" in shown
