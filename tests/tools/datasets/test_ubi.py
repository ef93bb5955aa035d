"""User Behavior Insights: two published forms, joined into a search log."""

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tools.datasets.ubi import import_ubi
from trainer.errors import InputError

DATA = Path(__file__).parent / "data/ubi"
COLUMNS = ["request_id", "item_id", "position", "clicked", "purchased", "carted"]


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ubi") / "out"
    import_ubi(DATA / "bulk.ndjson", out)
    return out


def rows(out: Path, request: str) -> list[tuple[object, ...]]:
    log = pd.read_parquet(out / "search_log.parquet")
    return list(log[log.request_id == request][COLUMNS[1:]].itertuples(index=False, name=None))


def test_results_of_a_query_are_its_rows_where_no_impressions_were_logged(bulk: Path) -> None:
    assert rows(bulk, "q1") == [("L1", 1, 0, 0, 0), ("L2", 2, 1, 0, 1), ("L3", 3, 1, 1, 0)]


def test_a_purchase_without_a_click_counts_as_a_click(bulk: Path) -> None:
    log = pd.read_parquet(bulk / "search_log.parquet")
    assert (log.clicked >= log.purchased).all()
    assert rows(bulk, "q1")[2] == ("L3", 3, 1, 1, 0)


def test_one_query_id_with_two_texts_gives_two_requests_and_events_go_to_the_latest(bulk: Path) -> None:
    assert rows(bulk, "q2/1") == [("R9", 1, 0, 0, 0)]
    assert rows(bulk, "q2/2") == [("R1", 1, 0, 0, 0), ("R2", 2, 1, 0, 0)]


def test_ordinals_from_0_become_positions_from_1_and_clicked_items_are_added(bulk: Path) -> None:
    assert rows(bulk, "q3") == [("T1", 1, 0, 0, 0), ("T2", 2, 0, 0, 0), ("T5", 5, 1, 0, 0)]


def test_titles_come_from_object_descriptions(bulk: Path) -> None:
    items = pd.read_parquet(bulk / "items.parquet").set_index("item_id")["title"]
    assert items["L2"] == "Storm lantern"
    assert items["L1"] == ""


def test_what_cannot_be_joined_is_rejected_with_its_line(bulk: Path) -> None:
    frame = pd.read_csv(bulk / "rejected.csv")
    assert set(zip(frame.row, frame.reason, strict=True)) == {
        (12, "query has no user_query"),
        (28, "no query is logged under this query_id"),
        (32, "event has no object_id"),
        (34, "is no JSON object"),
    }
    assert set(frame.file) == {"bulk.ndjson"}


@pytest.mark.parametrize("form", ["json", "gz", "zip", "folder"])
def test_index_name_and_document_lines_are_read_from_every_container(form: str, tmp_path: Path) -> None:
    content = (DATA / "log.json").read_bytes()
    source = {"json": DATA / "log.json", "folder": tmp_path}.get(form, tmp_path / f"log.{form}")
    if form == "gz":
        source.write_bytes(gzip.compress(content))
    elif form == "zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("log.json", content)
    elif form == "folder":
        (tmp_path / "one.json").write_bytes(content)
    out = tmp_path.parent / f"{tmp_path.name}-out"
    report = import_ubi(source, out)
    assert rows(out, "p1") == [("0007", 1, 0, 0, 0), ("0008", 2, 1, 0, 0)]
    assert rows(out, "p2") == [("0009", 3, 1, 0, 0)], "a search known from its event alone"
    log = pd.read_parquet(out / "search_log.parquet")
    assert log.timestamp.iloc[0] == pd.Timestamp("2024-06-04 19:02:41.998", tz="UTC")
    assert list(log["query"]) == ["paddle", "paddle", "oar"]
    assert list(log.user_id) == ["k1", "k1", "k2"]
    assert report.rejected == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no UBI query or event"),
        (b"[1, 2]\n", "is no JSON object"),
        (b'{"a": "\xff"}\n', "is not UTF-8"),
    ],
)
def test_a_file_without_records_is_one_clear_error(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.ndjson").write_bytes(content)
    with pytest.raises(InputError, match=message):
        import_ubi(tmp_path / "x.ndjson", tmp_path / "out")
    assert not (tmp_path / "out").exists()
