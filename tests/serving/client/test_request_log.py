"""What a client logs of the pages that it returns."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shelfrank_client import InvalidRequest, PageQuery, RankedItem, RankedPage, RequestLog, protocol
from shelfrank_client.page_query import CheckedPage

COLUMNS = (
    "request_id,timestamp,user_id,query,item_id,position,score,ctr,cvr,ctcvr,known,degraded,model,model_version,history"
)
Rows = Callable[[Path], list[dict[str, str]]]


def test_a_page_is_logged_as_it_was_shown(connect: Any, tmp_path: Path, rows_of: Rows) -> None:
    before = datetime.now(UTC)
    with RequestLog(tmp_path) as log:
        client = connect(request_log=log)
        page = client.rank(
            'a "red"\r\nlamp, ü',
            ["100", "x", "300", "200"],
            user={"user_id": "u7", "region": "north", "age": 30.5},
            context={"visits": 2, "taste": [0.5, 1.0]},
            history=["7", "8"],
            k=3,
            request_id="r-1",
        )
    rows = rows_of(tmp_path)
    assert [row["item_id"] for row in rows] == [item.item_id for item in page] == ["300", "200", "100"]
    assert [row["position"] for row in rows] == ["1", "2", "3"]
    assert list(rows[0]) == [*COLUMNS.split(","), "age", "carts", "region", "taste", "visits"]
    for row, item in zip(rows, page, strict=True):
        assert [float(row[name]) for name in ("score", "ctr", "cvr", "ctcvr")] == pytest.approx(
            [item.score, item.ctr, item.cvr, item.ctcvr], rel=1e-8
        )
    first = rows[0]
    assert (first["request_id"], first["user_id"], first["query"]) == ("r-1", "u7", 'a "red"\r\nlamp, ü')
    assert (first["known"], first["degraded"], first["model"], first["model_version"]) == ("1", "0", "shelfrank", "3")
    assert (first["region"], first["age"], first["visits"], first["carts"]) == ("north", "30.5", "2", "")
    assert (json.loads(first["taste"]), json.loads(first["history"])) == ([0.5, 1.0], ["7", "8"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["timestamp"])
    assert 0 <= (datetime.fromisoformat(first["timestamp"]) - before).total_seconds() + 0.001 < 20
    assert (log.logged, log.dropped, log.failed) == (1, 0, 0)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in tmp_path.glob("*.csv.gz")}


def test_pages_of_one_request_and_lists_in_parts_are_logged(connect: Any, tmp_path: Path, rows_of: Rows) -> None:
    with RequestLog(tmp_path) as log:
        client = connect(request_log=log, chunk=2)
        client.rank_pages([PageQuery("q", ["1", "2", "3"]), PageQuery("p", []), PageQuery("p", ["5"])], request_id="r")
        client.rank_items("q", [{"item_id": "7", "title": "t", "price": 3.0}], request_id="i")
        client.rank("q", [], request_id="empty")
    found = [(row["request_id"], row["query"], row["item_id"], row["position"]) for row in rows_of(tmp_path)]
    assert found == [
        ("r/1", "q", "3", "1"),
        ("r/1", "q", "2", "2"),
        ("r/1", "q", "1", "3"),
        ("r/3", "p", "5", "1"),
        ("i", "q", "7", "1"),
    ]
    assert log.logged == 2


def test_the_callers_order_is_logged_without_figures_and_an_error_is_not(
    connect: Any, tmp_path: Path, rows_of: Rows
) -> None:
    with RequestLog(tmp_path) as log:
        client = connect(request_log=log)
        client.rank("fail UNAVAILABLE away", ["2", "1"], {"user_id": "u", "region": "n"}, fallback=True, request_id="a")
        client.rank("q", ["2", "2", "1"], {"user_id": 7}, k=1, fallback="always", request_id="b")
        with pytest.raises(InvalidRequest):
            client.rank("q", ["2", "2"])
    rows = rows_of(tmp_path)
    assert [(row["request_id"], row["item_id"], row["position"]) for row in rows] == [
        ("a", "2", "1"),
        ("a", "1", "2"),
        ("b", "2", "1"),
    ]
    assert {(row["degraded"], row["score"], row["ctr"], row["known"], row["model_version"]) for row in rows} == {
        ("1", "", "", "", "")
    }
    assert [row["region"] for row in rows] == ["n", "n", ""]
    assert [row["user_id"] for row in rows] == ["u", "u", "7"]


def test_the_sample_is_told_by_the_request_id_alone(connect: Any, tmp_path: Path, rows_of: Rows) -> None:
    ids = [f"r{n}" for n in range(200)]
    with RequestLog(tmp_path, rate=0.25) as log:
        client = connect(request_log=log)
        for request_id in ids:
            client.rank("q", ["1"], request_id=request_id)
    wanted = [each for each in ids if int(hashlib.sha256(each.encode()).hexdigest()[:8], 16) / 2**32 < 0.25]
    assert 20 < len(wanted) < 80
    assert [row["request_id"] for row in rows_of(tmp_path)] == wanted
    assert log.logged == len(wanted)


def test_none_or_all_are_sampled_at_the_ends(tmp_path: Path) -> None:
    none, every = RequestLog(tmp_path, rate=0), RequestLog(tmp_path, rate=1)
    ids = [f"r{n}" for n in range(1000)]
    assert not any(map(none.sampled, ids))
    assert all(map(every.sampled, ids))


def test_outputs_beyond_those_of_an_item_are_columns(tmp_path: Path, rows_of: Rows) -> None:
    response = protocol.PredictResponse()
    for name, field, values, shape in (
        ("item_id", "string_val", [b"b", b"a", b"", b"c", b"", b""], (2, 3)),
        ("propensity", "float_val", [0.5, 0.25, 0.0, 0.125, 0.0, 0.0], (2, 3)),
        ("shop", "string_val", [b"x", b"y"], (2,)),
    ):
        tensor = response.outputs[name]
        tensor.dtype = 7 if field == "string_val" else 1
        getattr(tensor, field).extend(values)
        for size in shape:
            tensor.tensor_shape.dim.add().size = size
    pages = [CheckedPage("q", ("a", "b"), {}, ()), CheckedPage("p", ("c",), {}, ())]
    ranked = [RankedPage(tuple(RankedItem(item, 0.5, 0.5, 0.5, 0.5, True) for item in ids), 3) for ids in ("ba", "c")]
    with RequestLog(tmp_path) as log:
        log.offer("r", "shop", pages, ranked, [], [((0, 1), response)])
    rows = rows_of(tmp_path)
    assert [(row["item_id"], row["propensity"]) for row in rows] == [("b", "0.5"), ("a", "0.25"), ("c", "0.125")]
    assert "shop" not in rows[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.5}, "rate: expected a share from 0 to 1, found 1.5"),
        ({"rate": float("nan")}, "rate: expected a share from 0 to 1, found nan"),
        ({"rate": True}, "rate: expected a share from 0 to 1, found True"),
        ({"part_seconds": 0}, "part_seconds: expected a number above 0, found 0"),
        ({"queue": -1}, "queue: expected a number above 0, found -1"),
    ],
)
def test_an_argument_that_can_not_be_is_named(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(message)):
        RequestLog(tmp_path, **options)


def test_a_folder_that_can_not_be_had_and_a_log_that_is_none_are_named(connect: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequest, match=r"folder: .*file: can't be written to"):
        RequestLog(tmp_path / "file")
    with pytest.raises(InvalidRequest, match="request_log: expected a RequestLog, or None, found 'logs'"):
        connect(request_log="logs")
