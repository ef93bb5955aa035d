"""The files of a request log: when they are complete, and what becomes of them when something goes wrong."""

import gzip
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shelfrank_client import RankedItem, RankedPage, RequestLog
from shelfrank_client.page_query import CheckedPage
from shelfrank_client.request_log_parts import Parts, recover
from shelfrank_client.request_log_rows import COLUMNS

Rows = Callable[[Path], list[dict[str, str]]]
Until = Callable[[Callable[[], bool]], None]


def offer(log: RequestLog, request_id: str = "r", items: int = 2, query: str = "q", version: int = 3) -> None:
    """Let a log take note of a page."""
    ids = [str(n) for n in range(items)]
    ranked = tuple(RankedItem(item, 0.5, 0.25, 0.125, 0.0625, True) for item in ids)
    page = CheckedPage(query, tuple(ids), {"user_id": "u7"}, ())
    log.offer(request_id, "shop", [page], [RankedPage(ranked, version, request_id=request_id)], ["query", "user_id"])


def test_a_part_is_complete_after_its_time_or_size_and_only_then_seen(
    tmp_path: Path, rows_of: Rows, until: Until
) -> None:
    with RequestLog(tmp_path, part_seconds=0.2) as log:
        offer(log, "slow")
        until(lambda: len(list(tmp_path.glob("*.csv.gz"))) == 1)
        assert {row["request_id"] for row in rows_of(tmp_path)} == {"slow"}
    with RequestLog(tmp_path, part_bytes=1000) as log:
        for number in range(50):
            offer(log, f"r{number}", items=3)
        until(lambda: log.logged == 50)
        assert len(list(tmp_path.glob(".*.open"))) <= 1
    assert len(list(tmp_path.glob("*.csv.gz"))) > 5
    assert [row["request_id"] for row in rows_of(tmp_path)[2::3]] == ["slow", *[f"r{n}" for n in range(50)]][1:]
    assert not list(tmp_path.glob(".*"))


def test_a_new_feature_begins_a_part_with_its_column(tmp_path: Path, rows_of: Rows) -> None:
    with RequestLog(tmp_path) as log:
        page, ranked = CheckedPage("q", ("1",), {"age": 3.0}, ()), RankedPage((RankedItem("1", 1, 1, 1, 1, True),), 3)
        log.offer("a", "shop", [page], [ranked], [])
        log.offer("b", "shop", [page], [ranked], ["age", "score"])
        log.offer("c", "shop", [page], [ranked], [])
    headers = [gzip.decompress(path.read_bytes()).decode().split("\r\n")[0] for path in sorted(tmp_path.glob("*.gz"))]
    assert headers == [",".join(COLUMNS), ",".join([*COLUMNS, "age"])]
    assert [(row["request_id"], row.get("age"), row["score"]) for row in rows_of(tmp_path)] == [
        ("a", None, "1"),
        ("b", "3", "1"),
        ("c", "", "1"),
    ]


KILLED = """
import os, signal, sys
from shelfrank_client import RankedItem, RankedPage, RequestLog
from shelfrank_client.page_query import CheckedPage
log = RequestLog(sys.argv[1])
item = RankedItem("1", 0.5, 0.5, 0.5, 0.5, True)
for n in range(3):
    log.offer(f"r{n}", "shop", [CheckedPage("q", ("1",), {}, ())], [RankedPage((item,), 3)], [])
while log.logged < 3:
    pass
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("end", ["killed", "ended"])
def test_what_a_process_leaves_is_complete_at_its_end_or_at_the_next_start(
    tmp_path: Path, end: str, rows_of: Rows
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), end], check=False, timeout=60)
    assert done.returncode == (-signal.SIGKILL if end == "killed" else 0)
    assert len(rows_of(tmp_path)) == (0 if end == "killed" else 3)
    RequestLog(tmp_path)
    assert [row["request_id"] for row in rows_of(tmp_path)] == ["r0", "r1", "r2"]
    assert not list(tmp_path.glob(".*"))


def test_a_torn_part_keeps_its_whole_pages(tmp_path: Path, rows_of: Rows) -> None:
    parts = Parts(tmp_path, 1 << 20, 60.0)
    for request_id in ("a", "b"):
        parts.add([{"request_id": request_id, "query": 'x\r\n"y"', "item_id": str(n)} for n in range(3)])
    (path,) = tmp_path.glob(".*.open")
    whole = path.read_bytes()
    parts.finish()
    ends = [n + 2 for n in range(len(whole)) if whole.startswith(b"\r\na,", n) or whole.startswith(b"\r\nb,", n)]
    for cut in range(len(whole)):
        for left in tmp_path.glob("*.csv.gz"):
            left.unlink()
        path.write_bytes(whole[:cut])
        recover(tmp_path)
        found = [(row["request_id"], row["item_id"]) for row in rows_of(tmp_path)]
        if cut in ends:  # nothing tells that rows are missing
            assert len(found) == ends.index(cut), cut
        else:
            # Without the torn row nothing tells whether it is of the page before, which goes too.
            assert found == [("a", str(n)) for n in range(3 if cut > ends[4] else 0)], cut
        assert not list(tmp_path.glob(".*")), cut


def test_the_open_part_of_a_live_process_is_left_alone(tmp_path: Path, rows_of: Rows, until: Until) -> None:
    with RequestLog(tmp_path) as log:
        offer(log, "mine")
        until(lambda: log.logged == 1)
        other = RequestLog(tmp_path)
        assert rows_of(tmp_path) == []
        offer(other, "others")
        other.close()
        assert {row["request_id"] for row in rows_of(tmp_path)} == {"others"}
    assert {row["request_id"] for row in rows_of(tmp_path)} == {"mine", "others"}


def test_the_child_of_a_fork_has_parts_of_its_own(tmp_path: Path, rows_of: Rows, until: Until) -> None:
    with RequestLog(tmp_path) as log:
        offer(log, "parent")
        until(lambda: log.logged == 1)
        child = os.fork()
        if not child:
            try:
                offer(log, "child")
                log.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert {row["request_id"] for row in rows_of(tmp_path)} == {"child"}
    assert {row["request_id"] for row in rows_of(tmp_path)} == {"parent", "child"}


def test_errors_of_the_disk_cost_no_request_and_are_counted_and_said_once(
    connect: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows, until: Until
) -> None:
    folder = tmp_path / "log"
    with caplog.at_level(logging.WARNING, "shelfrank_client"), RequestLog(folder) as log:
        folder.rmdir()
        client = connect(request_log=log)
        for _ in range(3):
            assert len(client.rank("q", ["1", "2"])) == 2
        until(lambda: log.failed == 3)
        folder.mkdir()
        client.rank("q", ["1", "2"], request_id="after")
    assert {row["request_id"] for row in rows_of(folder)} == {"after"}
    assert (log.logged, log.dropped, log.failed) == (1, 0, 3)
    assert caplog.text.count("can't be written") == 1


def test_a_full_disk_leaves_no_half_page(tmp_path: Path, rows_of: Rows) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    parts = Parts(tmp_path, 1 << 20, 60.0)
    parts.add([{"request_id": "a", "item_id": "1"}])
    (path,) = tmp_path.glob(".*.open")
    good, full = path.stat().st_size, os.open("/dev/full", os.O_WRONLY)
    kept = os.dup(parts._file.fileno())
    os.dup2(full, parts._file.fileno())
    with pytest.raises(OSError, match="No space left"):
        parts.add([{"request_id": "b", "item_id": "1"}])
    os.close(full)
    os.close(kept)
    assert path.stat().st_size == good
    parts.add([{"request_id": "c", "item_id": "1"}])
    parts.finish()
    recover(tmp_path)
    assert sorted(row["request_id"] for row in rows_of(tmp_path)) == ["a", "c"]


def test_what_finds_no_room_is_dropped_counted_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows, until: Until
) -> None:
    writing, go_on = threading.Event(), threading.Event()

    class Held(float):
        def __format__(self, spec: str) -> str:
            writing.set()
            assert go_on.wait(20)
            return "0"

    log = RequestLog(tmp_path, queue=5)
    page = CheckedPage("q", ("1",), {}, ())
    ranked = RankedPage((RankedItem("1", Held(), 0.0, 0.0, 0.0, True),), 3)
    with caplog.at_level(logging.WARNING, "shelfrank_client"):
        log.offer("held", "shop", [page], [ranked], [])
        until(writing.is_set)
        for number in range(50):
            offer(log, f"r{number}", items=1)
        assert log.dropped == 45
        go_on.set()
        log.close()
        offer(log, "late")
    assert [row["request_id"] for row in rows_of(tmp_path)] == ["held", *[f"r{n}" for n in range(5)]]
    assert (log.logged, log.dropped, log.failed) == (6, 46, 0)
    assert caplog.text.count("requests are left out: 5 wait to be written") == 1
