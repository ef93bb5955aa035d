"""Reading files and naming their faults."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.data.tables import read_table
from trainer.errors import InputError


def fault(path: Path, columns: list[str] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, columns or [])
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_the_same_rows_come_from_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"item_id": ["007", "null"], "title": ["größe, \n2", None]})
    path = tmp_path / f"items{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    read = read_table(path, ["item_id"])
    assert read["item_id"].tolist() == ["007", "null"]
    assert read["title"].tolist()[0] == "größe, \n2"
    assert read["title"].isna().tolist() == [False, True]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"\xef\xbb\xbfitem_id\n1\n")
    assert read_table(path, ["item_id"])["item_id"].tolist() == ["1"]


def test_integers_with_gaps_stay_exact(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    pd.DataFrame({"item_id": pd.array([2**60 + 1, None], "Int64")}).to_parquet(path)
    assert read_table(path)["item_id"].tolist() == [2**60 + 1, None]


def test_faults_of_files_are_one_line_that_names_them(tmp_path: Path) -> None:
    assert "no such file" in fault(tmp_path / "absent.csv")
    assert "is a folder" in fault(tmp_path)
    (tmp_path / "items.xlsx").write_text("x")
    assert "unknown kind of file" in fault(tmp_path / "items.xlsx")
    (tmp_path / "empty.csv").touch()
    assert "0 bytes" in fault(tmp_path / "empty.csv")
    (tmp_path / "header.csv").write_text("item_id,title\n")
    assert "no rows" in fault(tmp_path / "header.csv")
    (tmp_path / "wide.csv").write_text("a,b\n1,2\n1,2,3\n")
    assert "line 3" in fault(tmp_path / "wide.csv")
    (tmp_path / "wider.csv").write_text("a,b\n1,2,3\n")
    assert "no proper CSV" in fault(tmp_path / "wider.csv")
    (tmp_path / "blank.csv").write_text("\n\n")
    assert "empty" in fault(tmp_path / "blank.csv")


def test_missing_columns_are_named_beside_those_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,name\n1,a\n")
    message = fault(path, ["item_id", "title", "name"])
    assert "no column 'item_id', 'title'" in message
    assert "has 'id', 'name'" in message


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_column_that_is_there_twice_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"items{suffix}"
    if suffix == ".csv":
        path.write_text("item_id,a,a\n1,2,3\n")
    else:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    assert "'a' is there more than once" in fault(path)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "items.parquet"
    pd.DataFrame({"item_id": range(100)}).to_parquet(whole)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-40])
    assert "damaged or cut off" in fault(cut)
    packed = tmp_path / "items.csv.gz"
    pd.DataFrame({"item_id": range(1000)}).to_csv(packed, index=False)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed.read_bytes()[:-200])
    assert "damaged or cut off" in fault(cut)
    (tmp_path / "plain.csv.gz").write_text("item_id\n1\n")
    assert "damaged or cut off" in fault(tmp_path / "plain.csv.gz")


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes("item_id,title\n1,gut\n2,grö".encode() + b"\xdfe\n")
    place = path.read_bytes().index(b"\xdf")
    message = fault(path)
    assert "not UTF-8" in message
    assert f"line 3, byte {place}: 0xdf" in message


def test_text_stored_as_bytes_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    pd.DataFrame({"title": ["größe".encode()]}).to_parquet(path)
    assert read_table(path)["title"].tolist() == ["größe"]
    pd.DataFrame({"title": [b"gr\xdfe"]}).to_parquet(path)
    assert "'title' holds bytes that are not UTF-8" in fault(path)


def test_text_of_a_file_that_claims_to_be_utf8_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    wrong = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0"), pa.py_buffer(b"gr\xdfe")])
    pq.write_table(pa.table({"title": wrong}), path)
    assert "column 'title' holds bytes that are not UTF-8" in fault(path)
