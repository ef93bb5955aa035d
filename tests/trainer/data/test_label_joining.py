"""Labels from raw clicks and orders."""

import pandas as pd

from trainer.config import EventsConfig
from trainer.data.label_joining import join_labels
from trainer.data.rejections import Rejections
from trainer.data.sources import read_sources

CONFIG = EventsConfig(impressions="i", clicks="c", click_window_minutes=60, attribution_days=2)


def moments(*times: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(f"2025-01-{t}", tz="UTC") for t in times]).as_unit("us")


def events(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["request_id", "user_id", "item_id", "timestamp"], dtype=object)
    return frame.assign(timestamp=moments(*frame["timestamp"]))


SHOWN = events(
    [
        ("r1", "u", "a", "01 10:00"),
        ("r1", "u", "b", "01 10:00"),
        ("r2", "u", "a", "01 10:30"),
        ("r2", "u", "c", "01 10:30"),
        ("r3", "v", "a", "01 10:40"),
    ]
)


def join(clicks: list[tuple], orders: list[tuple] | None = None) -> tuple[list, list, Rejections]:
    rejections = Rejections()
    ordered = None if orders is None else events(orders)
    log = join_labels(SHOWN, events(clicks), ordered, CONFIG, rejections)
    return log["clicked"].tolist(), log["purchased"].tolist(), rejections


def test_a_click_with_a_request_belongs_to_it() -> None:
    clicked, purchased, rejections = join([("r1", None, "a", "01 13:00"), ("r2", "u", "c", "01 10:31")])
    assert clicked == [1, 0, 0, 1, 0]
    assert purchased == [0, 0, 0, 0, 0]
    assert rejections.rows == {}


def test_a_click_without_a_request_belongs_to_the_latest_impression_before_it() -> None:
    assert join([(None, "u", "a", "01 10:31")])[0] == [0, 0, 1, 0, 0]
    assert join([(None, "u", "a", "01 10:29")])[0] == [1, 0, 0, 0, 0]
    assert join([(None, "u", "a", "01 10:30")])[0] == [0, 0, 1, 0, 0]
    assert join([(None, "v", "a", "01 11:40")])[0] == [0, 0, 0, 0, 1]


def test_clicks_that_belong_to_nothing_are_rejected_with_the_reason() -> None:
    clicked, _, rejections = join(
        [
            (None, "v", "a", "01 11:40:01"),
            (None, "u", "a", "01 09:59"),
            ("r1", "u", "c", "01 10:01"),
            (None, None, "a", "01 10:01"),
            (None, "w", "a", "01 11:00"),
        ]
    )
    assert clicked == [0] * 5
    late = "no impression of the item to this user in the 60 minutes before"
    rejected = rejections.frame.set_index("row")["reason"].to_dict()
    assert rejected == {
        1: late,
        2: late,
        3: "no impression of the item in this request",
        4: "request_id and user_id are empty",
        5: late,
    }
    assert set(rejections.frame["table"]) == {"clicks"}


def test_an_order_belongs_to_the_last_click_before_it() -> None:
    clicks = [("r1", "u", "a", "01 10:05"), ("r2", "u", "a", "01 10:35")]
    assert join(clicks, [(None, "u", "a", "02 10:00")])[1] == [0, 0, 1, 0, 0]
    assert join(clicks, [(None, "u", "a", "01 10:20")])[1] == [1, 0, 0, 0, 0]
    assert join(clicks, [("r1", None, "a", "02 10:00")])[1] == [1, 0, 0, 0, 0]


def test_the_user_of_a_click_is_known_from_its_request() -> None:
    assert join([("r1", None, "a", "01 10:05")], [(None, "u", "a", "01 11:00")])[1] == [1, 0, 0, 0, 0]


def test_orders_outside_the_window_or_without_a_click_are_rejected() -> None:
    orders = [(None, "u", "a", "03 10:05:01"), (None, "u", "a", "01 10:04"), (None, "u", "b", "01 10:10")]
    _, purchased, rejections = join([("r1", "u", "a", "01 10:05")], orders)
    assert purchased == [0] * 5
    assert rejections.frame["row"].tolist() == [1, 2, 3]
    assert set(rejections.frame["reason"]) == {"no click on the item in the 2 days before"}


def test_raw_logs_give_the_search_log_that_they_were_made_from(store) -> None:
    log = store.search_log.assign(timestamp=pd.to_datetime(store.search_log["timestamp"]))
    keys = ["user_id", "item_id", "timestamp"]
    later = {}
    for name, minutes in (("clicked", 1), ("purchased", 2)):
        rows = log.loc[log[name] == 1, keys]
        later[name] = store.folder / f"{name}.csv"
        rows.assign(timestamp=rows["timestamp"] + pd.Timedelta(minutes=minutes)).to_csv(later[name], index=False)
    labelled = read_sources(store.experiment()).log
    store.search_log = store.search_log.drop(columns=["clicked", "purchased"])
    files = {"clicks": str(later["clicked"]), "orders": str(later["purchased"])}
    sources = read_sources(
        store.experiment(events={"impressions": str(store.folder / "search_log.csv"), **files}, search_log=None)
    )
    assert sources.rejections.rows == {}
    pd.testing.assert_frame_equal(sources.log[labelled.columns], labelled)


def test_lost_clicks_do_not_stop_a_run(store) -> None:
    (store.folder / "clicks.csv").write_text("user_id,item_id,timestamp\nnobody,000,2025-03-01\n")
    store.search_log = store.search_log.drop(columns=["clicked", "purchased"])
    files = {"impressions": str(store.folder / "search_log.csv"), "clicks": str(store.folder / "clicks.csv")}
    sources = read_sources(store.experiment(events=files, search_log=None))
    assert sources.rejections.rows == {"clicks": 1}
    assert sources.too_many_rejected(0.0) == []
