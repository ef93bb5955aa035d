"""Tables that are made of many files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.data.parts import parts_of
from trainer.data.prepared import Prepared, ensure_prepared, prepare
from trainer.data.tables import read_table
from trainer.errors import InputError


def test_the_parts_of_a_folder_are_the_complete_tables_in_it_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv.gz", "c.parquet", ".d.csv.open", ".e.csv", "note.txt"):
        (tmp_path / name).touch()
    (tmp_path / "deeper.csv").mkdir()
    assert [path.name for path in parts_of(tmp_path)] == ["a.csv.gz", "b.csv", "c.parquet"]
    assert [path.name for path in parts_of(tmp_path / "*.csv*")] == ["a.csv.gz", "b.csv"]
    assert parts_of(tmp_path / "b.csv") == [tmp_path / "b.csv"]
    assert parts_of(tmp_path / "absent.csv") == [tmp_path / "absent.csv"]
    assert parts_of(tmp_path / "*.json") == []


def test_a_pattern_reaches_into_folders_and_a_name_with_brackets_is_a_file(tmp_path: Path) -> None:
    for day in ("01", "02", "11"):
        (tmp_path / f"day={day}").mkdir()
        (tmp_path / f"day={day}" / "part.csv").touch()
    assert [path.parent.name for path in parts_of(tmp_path / "day=0?" / "*.csv")] == ["day=01", "day=02"]
    (tmp_path / "log[1].csv").touch()
    assert parts_of(tmp_path / "log[1].csv") == [tmp_path / "log[1].csv"]


def test_parts_follow_each_other_and_lacking_columns_are_missing(tmp_path: Path) -> None:
    pd.DataFrame({"item_id": ["1", "2"]}).to_csv(tmp_path / "1.csv", index=False)
    pd.DataFrame({"brand": ["x"], "item_id": ["03"]}).to_csv(tmp_path / "2.csv.gz", index=False)
    (tmp_path / "3.csv").write_text("item_id,brand\n")
    read = read_table(tmp_path, ["item_id", "brand"])
    assert read["item_id"].tolist() == ["1", "2", "03"]
    assert read["brand"].isna().tolist() == [True, True, False]
    assert read.index.tolist() == [0, 1, 2]


def test_faults_of_parts_name_the_part(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("item_id\n1\n")
    (tmp_path / "2.csv").write_text("item_id\n1,2\n")
    (tmp_path / "3.csv").touch()
    with pytest.raises(InputError) as caught:
        read_table(tmp_path)
    assert "2.csv: is no proper CSV" in str(caught.value)
    assert "3.csv: is empty (0 bytes)" in str(caught.value)
    (tmp_path / "2.csv").unlink()
    (tmp_path / "3.csv").unlink()
    with pytest.raises(InputError, match="no column 'title'; the file has 'item_id'"):
        read_table(tmp_path, ["title"])
    with pytest.raises(InputError, match=r"\*\.parquet: no file fits this pattern; expected \.csv"):
        read_table(tmp_path / "*.parquet")


def test_a_log_in_parts_is_prepared_as_one_file_and_again_when_a_part_comes(store) -> None:
    whole = prepare(store.experiment(), progress=False)
    folder = store.folder / "parts"
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(store.search_log)), 3)):
        store.search_log.iloc[rows].to_csv(folder / f"{number}.csv.gz", index=False)
    experiment = store.experiment(search_log=str(folder), prepared=str(store.folder / "from_parts"))
    parted = prepare(experiment, progress=False)
    assert parted.pages.table.equals(whole.pages.table)
    assert (parted.pages.clicked == whole.pages.clicked).all()
    source = parted.summary["sources"]["search_log"]
    assert (source["path"], source["parts"]) == (str(folder), 3)
    assert source["bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    assert ensure_prepared(experiment, progress=False).data_hash == parted.data_hash
    later = store.search_log.head(4).assign(request_id="r-late", timestamp="2025-05-01T00:00:00Z")
    later.to_csv(folder / "9.csv.gz", index=False)
    again = ensure_prepared(experiment, progress=False)
    assert again.data_hash != parted.data_hash
    assert len(again.pages) == len(whole.pages) + 1
    assert Prepared.load(again.folder).summary["sources"]["search_log"]["parts"] == 4
