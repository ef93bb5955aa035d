"""The importers on real files, where they are at hand."""

import os
from pathlib import Path

import pandas as pd
import pytest

from tools.datasets.click_log import import_click_log
from tools.datasets.open_bandit import import_open_bandit
from tools.datasets.ubi import import_ubi

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SHELFRANK_DATA", ROOT.parent / "shared/data"))


def real(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not there; set SHELFRANK_DATA to the folder that holds it")
    return DATA / name


def test_ubi_requests_of_the_generator_have_five_impressions_each(tmp_path: Path) -> None:
    import_ubi(real("ubi_events/ubi_queries_events.ndjson"), tmp_path / "out")
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    generated = log[log.timestamp.dt.year == 2024]
    generated = generated[generated.timestamp.dt.month == 12]
    assert generated.request_id.nunique() == 200
    positions = generated.groupby("request_id")["position"].agg(tuple)
    assert set(positions) == {(1, 2, 3, 4, 5)}
    assert generated.clicked.sum() == 60


def test_open_bandit_keeps_every_published_row(tmp_path: Path) -> None:
    report = import_open_bandit(real("fashion_impressions"), tmp_path / "out", log="random.csv.gz")
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    assert report.rejected == 0
    assert len(log) == 10_000
    assert set(log.propensity) == {0.0125}, "uniform over 80 items"
    assert log.clicked.sum() == 38


def test_click_log_rejects_only_clicks_on_unknown_items(tmp_path: Path) -> None:
    report = import_click_log(real("game_store_clicks"), tmp_path / "out")
    assert report.reasons == {"item is not in the items table": 187}
    assert report.rows == {"items": 437, "search_log": 26_771 - 187}
