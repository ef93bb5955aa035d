"""From lists that were served, over their logs and the clicks that came later, to an estimate of another policy."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import small_shop
from channels_of_shop import write_channels
from logging_server import logging_server
from serving.local.server import RunningServer
from shelfrank_client import InvalidRequest, RankingClient, RequestLog
from small_run import random_run
from tools.cli import app
from trainer.channels.folder import CHANNELS
from trainer.config import Experiment
from trainer.data.prepared import prepare
from trainer.export.export import export_run

EXPLORING = {"method": "epsilon", "share": 0.5, "positions": [2, 3], "new_below": 1000}
PAGES = 30
QUERIES = ["red lamp", "drill", "chair of oak", "kettle", "led"]


@pytest.fixture(scope="module")
def server(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of a bundle with lists that explores, and logs every request beside ``models.config``."""
    folder = tmp_path_factory.mktemp("lists")
    lists = {"size": 4, "exploration": EXPLORING}
    run = random_run(folder / "run", small_shop.experiment(tiny_preset, folder, name="shop", lists=lists))
    write_channels(run.folder / CHANNELS)
    bundle = export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})
    with logging_server(folder, bundle.parent) as running:
        yield running


@pytest.fixture(scope="module")
def folder(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with items, the client's log of lists and clicks on the first item of every list."""
    folder = tmp_path_factory.mktemp("logged")
    small_shop.items()[["item_id", "title"]].assign(title=lambda f: "a " + f["title"]).to_csv(folder / "items.csv")
    clicks = []
    with (
        RequestLog(folder / "client") as log,
        RankingClient(f"127.0.0.1:{server.port}", model="shop", deadline=20, request_log=log) as client,
    ):
        for number in range(PAGES):
            found = client.recommend(
                QUERIES[number % 5], user={"user_id": f"u{number}", "segment": "new"}, history=["i1"],
                request_id=f"r{number}",
            )  # fmt: skip
            moment = datetime.now(UTC) + timedelta(minutes=1)
            clicks.append({"request_id": f"r{number}", "item_id": found[0].item_id, "timestamp": moment.isoformat()})
        client.similar_items("i0", excluded=["i2"], pinned=["i6"], boosted={"i4": 1.5}, k=2, request_id="near")
        client.rank("red lamp", ["i0", "i1"], request_id="ranked")
        client.trending(category=3, fallback="always", backup=["i3", "i2"], request_id="wrong")  # type: ignore[typeddict-item]
        with pytest.raises(InvalidRequest):
            client.trending(category=3)  # type: ignore[typeddict-item]
    assert (log.logged, log.dropped, log.failed) == (PAGES + 3, 0, 0)
    pd.DataFrame(clicks).to_csv(folder / "clicks.csv", index=False)
    return folder


def read(folder: Path, name: str) -> pd.DataFrame:
    parts = sorted(folder.glob(name))
    return pd.concat([pd.read_csv(part, dtype={"similar_to": str}) for part in parts], ignore_index=True)


@pytest.fixture(scope="module")
def logged(folder: Path) -> pd.DataFrame:
    return read(folder / "client", "*.csv.gz")


def test_a_list_is_logged_with_its_name_channels_and_propensities(logged: pd.DataFrame) -> None:
    lists = logged[logged["list"] == "recommend"]
    assert lists.groupby("request_id").size().eq(4).all()
    assert lists["request_id"].nunique() == PAGES
    assert lists["position"].tolist() == [1, 2, 3, 4] * PAGES
    assert set(lists.loc[lists["position"].isin([1, 4]), "propensity"]) == {1.0}
    explored = lists.loc[lists["position"] == 2, "propensity"]
    # Four of eight items are below the list, each with the same chance.
    assert set(explored.round(6)) == {0.5, 0.125}
    assert lists["channels"].str.contains("text").any()
    assert lists["query"].tolist() == np.repeat([QUERIES[n % 5] for n in range(PAGES)], 4).tolist()


def test_what_a_list_was_asked_with_is_logged(logged: pd.DataFrame) -> None:
    near = logged[logged["request_id"] == "near"]
    assert near["item_id"].iloc[0] == "i6"
    assert len(near) == 2
    row = near.iloc[0]
    assert (row["list"], row["similar_to"]) == ("similar_items", "i0")
    given = {name: json.loads(row[name]) for name in ("excluded", "pinned", "boosted", "boost")}
    assert given == {"excluded": ["i2"], "pinned": ["i6"], "boosted": ["i4"], "boost": [1.5]}


def test_ranked_pages_and_backups_stand_in_the_same_table_without_propensities(logged: pd.DataFrame) -> None:
    ranked = logged[logged["request_id"] == "ranked"]
    assert ranked["known"].tolist() == [1, 1]
    assert ranked[["list", "channels", "propensity"]].isna().all(axis=None)
    backup = logged[logged["request_id"] == "wrong"]
    assert backup["item_id"].tolist() == ["i3", "i2"]
    assert backup["list"].tolist() == ["trending"] * 2
    assert backup["degraded"].tolist() == [1, 1]
    assert backup[["score", "channels", "propensity"]].isna().all(axis=None)


def test_the_server_logs_the_same_lists_before_they_are_cut(server: RunningServer, logged: pd.DataFrame) -> None:
    server.logs.close()
    prefix = server.models.get("shop").settings.log.prefix
    ours = read(prefix.parent, "shop-*.csv.gz")
    sent = logged[logged["degraded"] == 0]
    both = sent.merge(ours, on=["request_id", "item_id"], suffixes=("", "_of_server"), validate="1:1")
    assert len(both) == len(sent)
    assert set(logged.columns) == set(ours.columns)
    assert (ours["request_id"] == "near").sum() > 2
    for name in set(sent) - {"request_id", "item_id", "timestamp"}:
        pd.testing.assert_series_equal(
            both[name], both[f"{name}_of_server"], check_names=False, check_dtype=False, rtol=1e-6
        )


def test_clicks_on_lists_tell_of_another_policy(folder: Path) -> None:
    data = {
        "prepared": str(folder / "prepared"),
        "items": str(folder / "items.csv"),
        "events": {"impressions": str(folder / "client"), "clicks": str(folder / "clicks.csv")},
        "split": {"by": "query", "valid": 0.2, "test": 0.2},
    }
    prepared = prepare(Experiment.model_validate({"name": "shop", "data": data}), progress=False)
    assert prepared.summary["rejected"]["rows"] == {}
    pages = prepared.pages
    assert pages is not None
    assert pages.propensity is not None
    known = np.isfinite(pages.propensity)
    assert known.sum() == 4 * PAGES + 2
    assert pages.clicked[known].sum() == PAGES
    found = folder / "found.json"
    arguments = ["offpolicy", str(prepared.folder), "--bootstrap", "0", "--json", str(found)]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, (result.output, result.exception)
    assert "note: 4 of 126 impressions have no propensity and are left out" in result.output
    # Clicked are first positions, which have propensity 1; the uniform policy shows each of the items there.
    items = len(np.unique(pages.item[known]))
    ips = json.loads(found.read_text())["estimates"]["ips"]["value"]
    assert ips == pytest.approx(PAGES / items / known.sum())
