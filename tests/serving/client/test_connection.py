"""How a client connects: labels, compression, probing, and a server that is killed and comes back."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shelfrank_client import InvalidRequest, RankedPage, RankingClient
from shelfrank_client.settings import channel_options


def test_a_label_is_sent_in_place_of_a_version(connect: Any, received: Any) -> None:
    client = connect(label="stable")
    assert client.rank("q", ["1"]).model_version == 3
    found = received(client.rank, ["1"])
    assert (found["label"], found["version"]) == ("stable", None)
    assert received(connect().rank, ["1"])["label"] == ""
    with pytest.raises(InvalidRequest, match="canary"):
        connect(label="canary").rank("q", ["1"])


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_compressed_requests_are_read(connect: Any, compression: str) -> None:
    assert len(connect(compression=compression, keepalive=30).rank("q" * 10_000, ["1", "2"])) == 2


def test_options_of_the_channel() -> None:
    found = dict(channel_options([], "gzip", 20))
    # GRPC_COMPRESS_GZIP of grpc/impl/compression_types.h.
    assert found["grpc.default_compression_algorithm"] == 2
    assert (found["grpc.keepalive_time_ms"], found["grpc.keepalive_timeout_ms"]) == (20_000, 20_000)
    assert "grpc.keepalive_time_ms" not in dict(channel_options([]))
    assert dict(channel_options([("grpc.max_reconnect_backoff_ms", 7)]))["grpc.max_reconnect_backoff_ms"] == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"label": ""}, "label: expected text that is not empty, or None, found ''"),
        ({"label": "stable", "version": 3}, "label 'stable' and version 3: give one of them"),
        ({"compression": "zip"}, "compression: expected deflate, gzip or None, found 'zip'"),
        ({"keepalive": 0}, "keepalive: expected seconds from 0.01, or None, found 0"),
    ],
)
def test_arguments_that_can_not_be_are_named(connect: Any, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        connect(**wrong)


@contextlib.contextmanager
def server(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server as a process of its own, once it serves."""
    command = [sys.executable, str(Path(__file__).with_name("official_server.py")), str(folder), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["serving"]
        finally:
            process.kill()


def test_a_server_that_is_killed_and_comes_back_costs_no_page(tmp_path: Path) -> None:
    seen: list[tuple[float, RankedPage]] = []
    over = threading.Event()

    def ask(client: RankingClient) -> None:
        while not over.is_set():
            page = client.rank("q", ["1", "2"])
            seen.append((time.monotonic(), page))
            time.sleep(0.005)

    with server(tmp_path) as (first, port):
        client = RankingClient(f"127.0.0.1:{port}", deadline=2.0, fallback="always")
        client.metadata(deadline=20)
        threads = [threading.Thread(target=ask, args=(client,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        first.kill()
        first.wait()
        killed = time.monotonic()
        with server(tmp_path, port):
            back = time.monotonic()
            time.sleep(4.0)
            over.set()
            for thread in threads:
                thread.join()
    client.close()
    assert all(sorted(item.item_id for item in page) == ["1", "2"] for _, page in seen)
    before = [page.degraded for at, page in seen if at < killed - 0.5]
    away = [page.degraded for at, page in seen if killed + 0.5 < at < back]
    after = [page.degraded for at, page in seen if at > back + 2.0]
    assert before
    assert not any(before)
    assert away
    assert all(away)
    assert len(after) > 20
    assert not any(after)
