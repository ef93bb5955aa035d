"""From what was served, over a request log and the clicks that came later, to labelled pages."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from hand_made_ranker import write_version
from logging_server import logging_server
from serving.local.server import RunningServer
from shelfrank_client import RankingClient, RequestLog
from trainer.config import Experiment
from trainer.data.prepared import Prepared, prepare

ITEMS = [str(number) for number in range(100, 112)]
PAGES = 40
SHOWN = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the model ``shop`` that logs every request beside the folder ``client``."""
    folder = tmp_path_factory.mktemp("served")
    write_version(folder / "shop" / "4")
    with logging_server(folder, folder / "shop") as running:
        yield running


@pytest.fixture(scope="module")
def folder(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with items, the client's log and clicks and orders on what was shown: every page's second item is clicked,
    that of every fourth page bought too.
    """
    folder = tmp_path_factory.mktemp("logged")
    pd.DataFrame({"item_id": ITEMS, "title": [f"thing {item}" for item in ITEMS]}).to_csv(
        folder / "items.csv", index=False
    )
    clicks, orders = [], []
    with (
        RequestLog(folder / "client", part_bytes=2000) as log,
        RankingClient(f"127.0.0.1:{server.port}", model="shop", deadline=20, request_log=log) as client,
    ):
        for number in range(PAGES):
            page = client.rank(
                f"query {number}, red",
                ITEMS[number % 3 : number % 3 + 8],
                user={"user_id": f"u{number % 5}", "region": "north" if number % 2 else "south"},
                history=[ITEMS[number % 7], ITEMS[0]],
                k=SHOWN,
                request_id=f"r{number}",
            )
            moment = datetime.now(UTC) + timedelta(minutes=1)
            event = {"request_id": page.request_id, "item_id": page[1].item_id, "timestamp": moment.isoformat()}
            clicks.append(event)
            if number % 4 == 0:
                orders.append({**event, "timestamp": (moment + timedelta(days=2)).isoformat()})
    clicks.append({"request_id": "r0", "item_id": ITEMS[-1], "timestamp": time.time()})  # was not shown
    pd.DataFrame(clicks).to_csv(folder / "clicks.csv", index=False)
    pd.DataFrame(orders).to_csv(folder / "orders.csv", index=False)
    assert (log.logged, log.dropped, log.failed) == (PAGES, 0, 0)
    return folder


def prepared_from(folder: Path, impressions: Path, name: str) -> Prepared:
    experiment = Experiment.model_validate(
        {
            "name": "shop",
            "data": {
                "prepared": str(folder / name),
                "items": str(folder / "items.csv"),
                "events": {
                    "impressions": str(impressions),
                    "clicks": str(folder / "clicks.csv"),
                    "orders": str(folder / "orders.csv"),
                },
                "split": {"by": "query", "valid": 0.2, "test": 0.2},
            },
            "features": {
                "context": [
                    {"name": "region", "kind": "categorical", "min_count": 1},
                    {"name": "history", "kind": "sequence", "length": 1},
                ]
            },
        }
    )
    return prepare(experiment, progress=False)


def labels(prepared: Prepared) -> dict[str, list[tuple[str, int, int, int]]]:
    """Item, position, clicked and purchased of each page's impressions, by request."""
    pages = prepared.pages
    assert pages is not None
    ids = prepared.items["item_id"].to_numpy(object)
    rows = zip(
        ids[pages.item].tolist(), pages.position.tolist(), pages.clicked.tolist(), pages.purchased.tolist(), strict=True
    )
    flat = list(rows)
    starts = pages.offset.tolist()
    requests = pages.table["request_id"].tolist()
    return {request: flat[starts[n] : starts[n + 1]] for n, request in enumerate(requests)}


def expected(number: int, shown: int) -> list[tuple[str, int, int, int]]:
    """The greater an item's number, the better it ranks."""
    ranked = ITEMS[number % 3 : number % 3 + 8][::-1][:shown]
    return [(item, n, int(n == 2), int(n == 2 and number % 4 == 0)) for n, item in enumerate(ranked, 1)]


def test_clicks_on_what_a_client_logged_label_its_pages(folder: Path) -> None:
    assert len(list((folder / "client").iterdir())) > 3
    prepared = prepared_from(folder, folder / "client", "from_client")
    assert labels(prepared) == {f"r{number}": expected(number, SHOWN) for number in range(PAGES)}
    assert prepared.summary["rejected"]["rows"] == {"clicks": 1}
    table = prepared.pages.table.set_index("request_id")
    assert table.loc["r1", ["user_id", "query", "region"]].tolist() == ["u1", "query 1, red", "north"]
    assert list(table.loc["r9", "history"]) == [ITEMS[2]]


def test_the_server_logs_the_same_pages_before_they_are_cut(server: RunningServer, folder: Path) -> None:
    server.logs.close()
    logs = server.models.get("shop").settings.log.prefix.parent
    prepared = prepared_from(folder, logs / "shop-*.csv.gz", "from_server")
    assert labels(prepared) == {f"r{number}": expected(number, 8) for number in range(PAGES)}
    assert list(prepared.pages.table.set_index("request_id").loc["r9", "history"]) == [ITEMS[2]]
    client, ours = (
        pd.concat([pd.read_csv(part) for part in sorted(parts.glob("*.csv.gz"))]) for parts in (folder / "client", logs)
    )
    assert list(client) == list(ours)
    both = client.merge(ours, on=["request_id", "item_id"], suffixes=("", "_of_server"), validate="1:1")
    assert len(both) == len(client) == PAGES * SHOWN
    for name in set(client) - {"request_id", "item_id", "timestamp"}:
        pd.testing.assert_series_equal(both[name], both[f"{name}_of_server"], check_names=False, rtol=1e-6)
