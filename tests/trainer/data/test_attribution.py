"""Purchases that may still come when the log ends."""

import json

import pandas as pd
import pytest

from trainer.config import AttributionConfig, DataConfig
from trainer.config.section import validate_section
from trainer.data.attribution import open_purchases
from trainer.data.prepared import prepare
from trainer.errors import InputError

END = pd.Timestamp("2025-03-10 12:00", tz="UTC")
LOG = pd.DataFrame(
    {
        "timestamp": pd.to_datetime(
            ["2025-03-08 11:00", *["2025-03-08 12:00"] * 2, *["2025-03-09 00:00"] * 3], utc=True
        ),
        "clicked": [1.0, 1, 0, 0, 1, 1],
        "purchased": [0.0, 0, 0, 0, 0, 1],
    }
)


def test_clicks_without_a_purchase_are_unknown_while_their_window_is_open() -> None:
    log, found = open_purchases(LOG, AttributionConfig(days=2), END)
    # The second row's window of two days is over at the very end of the log.
    assert log["purchased"].tolist() == [0, 0, 0, 0, -1, 1]
    assert log["clicked"].tolist() == LOG["clicked"].tolist()
    assert (found.impressions, found.clicked, found.purchased) == (1, 1, 0)
    assert "purchases after 2025-03-08T12:00:00+00:00 may still come" in found.note


def test_all_impressions_of_the_open_time_can_be_made_unknown() -> None:
    log, found = open_purchases(LOG, AttributionConfig(days=2, early_purchases="drop"), END)
    assert log["purchased"].tolist() == [0, 0, 0, -1, -1, -1]
    assert (found.impressions, found.clicked, found.purchased) == (3, 2, 1)


def test_prepare_counts_them_and_takes_rates_from_settled_labels(store) -> None:
    store.search_log["clicked"] = 1
    store.search_log["purchased"] = [1, 0, 0, 0] * 40
    plain = prepare(store.experiment(), progress=False)
    assert plain.statistics["base_rates"] == {"ctr": 1.0, "cvr": 0.25, "ctcvr": 0.25}
    # 40 hourly pages from midnight on: the last day is open from 15:00 of the first day, pages 16 to 39.
    prepared = prepare(store.experiment(attribution={"days": 1}), progress=False)
    summary = json.loads((prepared.folder / "prepare.json").read_text())
    assert summary["open_purchases"]["impressions"] == 24 * 3
    assert any("data.attribution: purchases after 2025-03-01T15:00:00" in note for note in summary["notes"])
    assert prepared.pages is not None
    assert (prepared.pages.purchased == -1).sum() == 24 * 3
    # 24 training pages: 16 settled ones of 4 clicks, and 8 open ones with their purchase alone.
    assert prepared.statistics["base_rates"]["cvr"] == pytest.approx((16 + 8) / (16 * 4 + 8))
    dropped = prepare(store.experiment(attribution={"days": 1, "early_purchases": "drop"}), progress=False)
    assert dropped.statistics["base_rates"] == {"ctr": 1.0, "cvr": 0.25, "ctcvr": 0.25}


def test_orders_after_the_last_impression_settle_it(store) -> None:
    keys = ["user_id", "item_id", "timestamp"]
    log = store.search_log
    log.loc[log["clicked"] == 1, keys].to_csv(store.folder / "clicks.csv", index=False)
    late = log.iloc[[0]][keys].assign(timestamp="2025-03-20T00:00:00Z")
    late.to_csv(store.folder / "orders.csv", index=False)
    store.search_log = log.drop(columns=["clicked", "purchased"])
    names = {"impressions": "search_log.csv", "clicks": "clicks.csv", "orders": "orders.csv"}
    events = {table: str(store.folder / name) for table, name in names.items()}
    prepared = prepare(store.experiment(events=events, search_log=None, attribution={"days": 7}), progress=False)
    assert prepared.pages is not None
    assert (prepared.pages.purchased >= 0).all()


def test_a_window_shorter_than_that_of_the_orders_is_refused() -> None:
    raw = {
        "prepared": "p",
        "items": "i",
        "events": {"impressions": "a", "clicks": "b", "attribution_days": 7},
        "attribution": {"days": 3},
    }
    with pytest.raises(
        InputError, match=r"attribution\.days is 3, but events\.attribution_days joins orders up to 7 days"
    ):
        validate_section(DataConfig, raw, "shop.yaml: data")
