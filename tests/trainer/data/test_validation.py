"""Rules of the tables: each breach has its reason, and all are found at once."""

from collections.abc import Callable

import pandas as pd
import pytest

from trainer.data.prepared import prepare
from trainer.data.sources import read_items, read_judgments, read_sources
from trainer.errors import InputError

Change = Callable[[pd.DataFrame], None]


def put(row: int, **values: object) -> Change:
    def change(frame: pd.DataFrame) -> None:
        for column, value in values.items():
            frame[column] = frame[column].astype(object)
            frame.loc[row, column] = value

    return change


def append(row: int, **values: object) -> Change:
    """Add a copy of a row with some other values."""

    def change(frame: pd.DataFrame) -> None:
        frame.loc[len(frame)] = frame.loc[row] if not values else {**frame.loc[row], **values}

    return change


ITEMS = [
    (put(3, item_id=None), [4], "item_id is empty"),
    (put(3, item_id="  "), [4], "item_id is empty"),
    (put(3, item_id="a\nb"), [4], "item_id holds a line break"),
    (put(3, title=" "), [4], "title is empty"),
    (put(3, price="cheap"), [4], "price is no number"),
    (put(3, image="blue"), [4], "image is no list of numbers"),
    (put(3, image="[1, 2]"), [4], "image is not as wide as the others"),
    (append(3), [13], "duplicate"),
    (append(3, price=9), [13], "item_id is there before with other values"),
]
LOG = [
    (put(2, request_id=None), [3], "request_id is empty"),
    (put(2, item_id=None), [3], "item_id is empty"),
    (put(2, item_id="nothing"), [3], "item_id is not in items"),
    (put(2, timestamp="soon"), [3], "timestamp is no time between 1970 and 2200"),
    (put(2, clicked=2), [3], "clicked is not 0 or 1"),
    (put(2, purchased=None), [3], "purchased is not 0 or 1"),
    (put(2, clicked=0, purchased=1), [3], "purchased without a click"),
    (put(2, position=0), [3], "position is no whole number from 1 to 10,000"),
    (put(2, position=1.5), [3], "position is no whole number from 1 to 10,000"),
    (put(2, position="top"), [3], "position is no whole number from 1 to 10,000"),
    (put(2, position=2), [3], "position is in this request before"),
    (put(2, query="other"), [1, 2, 3, 4], "the request has more than one query"),
    (put(2, user_id="other"), [1, 2, 3, 4], "the request has more than one user_id"),
    (put(2, timestamp="2025-03-01T00:00:01Z"), [1, 2, 3, 4], "the request has more than one timestamp"),
    (put(2, device="watch"), [1, 2, 3, 4], "the request has more than one device"),
]
USERS = [
    (put(1, user_id=None), [2], "user_id is empty"),
    (append(1), [7], "duplicate"),
    (append(1, region="east"), [7], "user_id is there before with other values"),
]
JUDGMENTS = [
    (put(4, relevance="good"), [5], "relevance is no number"),
    (put(4, relevance=None), [5], "relevance is no number"),
    (put(4, relevance="inf"), [5], "relevance is no number"),
    (put(4, query=None), [5], "query is empty"),
    (put(4, item_id="nothing"), [5], "item_id is not in items"),
    (append(4, relevance=1), [41], "the query and item_id are judged before"),
]
CASES = [
    pytest.param(table, change, rows, reason, id=f"{table}-{number}-{reason}")
    for table, cases in {"items": ITEMS, "search_log": LOG, "users": USERS, "judgments": JUDGMENTS}.items()
    for number, (change, rows, reason) in enumerate(cases)
]


@pytest.mark.parametrize(("table", "change", "rows", "reason"), CASES)
def test_a_row_that_breaks_a_rule_is_rejected_with_the_reason(
    store, table: str, change: Change, rows: list[int], reason: str
) -> None:
    before = len(getattr(store, table))
    change(getattr(store, table))
    sources = read_sources(store.experiment())
    rejected = sources.rejections.frame.query("table == @table")
    assert rejected["row"].tolist() == rows
    assert set(rejected["reason"]) == {reason}
    assert sources.rejections.counts[table] == {reason: len(rows)}
    kept = sources.log if table == "search_log" else getattr(sources, table)
    assert len(kept) == len(getattr(store, table)) - len(rows)
    assert sources.rows[table] == len(getattr(store, table)) >= before


def test_an_item_shown_twice_on_a_page_counts_once(store) -> None:
    store.search_log.loc[3, "item_id"] = store.search_log.loc[0, "item_id"]
    rejected = read_sources(store.experiment()).rejections.frame
    assert rejected[["row", "request_id", "reason"]].to_numpy().tolist() == [
        [4, "r0", "item_id is in this request before"]
    ]


def test_several_reasons_of_one_row_are_joined(store) -> None:
    put(2, position=0, clicked="?", item_id="nothing")(store.search_log)
    sources = read_sources(store.experiment())
    reason = sources.rejections.frame["reason"].tolist()
    assert len(reason) == 1
    assert set(reason[0].split("; ")) == {
        "item_id is not in items",
        "position is no whole number from 1 to 10,000",
        "clicked is not 0 or 1",
    }
    assert sources.rejections.rows == {"search_log": 1}


def test_rows_of_a_rejected_item_say_why_the_item_is_missing(store) -> None:
    lost = store.search_log.loc[0, "item_id"]
    store.items.loc[store.items["item_id"] == lost, "title"] = None
    rejected = read_sources(store.experiment()).rejections.frame
    of_log = rejected[rejected["table"] == "search_log"]
    assert len(of_log) == (store.search_log["item_id"] == lost).sum()
    assert set(of_log["reason"]) == {"the row of this item_id in items was rejected"}


def test_a_column_of_lists_is_no_text(store) -> None:
    experiment = store.experiment()
    path = store.folder / "items.parquet"
    store.items.assign(title=[["two", "words"]] * len(store.items)).to_parquet(path)
    experiment = experiment.model_copy(update={"data": experiment.data.model_copy(update={"items": path})})
    with pytest.raises(InputError, match=r"items\.parquet: column 'title' holds no plain values \(row 1 has"):
        prepare(experiment, progress=False)


def test_faults_of_files_and_columns_of_all_tables_are_reported_together(store) -> None:
    store.items = store.items.drop(columns="price")
    store.search_log = store.search_log.assign(clicked="maybe").drop(columns=[])
    store.users = store.users.rename(columns={"user_id": "uid"})
    experiment = store.experiment()
    experiment.data.judgments.unlink()
    with pytest.raises(InputError) as caught:
        prepare(experiment, progress=False)
    message = str(caught.value)
    assert "\n" not in message
    assert "items.csv: no column 'price'; the file has 'item_id'" in message
    assert "search_log.csv: column 'clicked' holds no 0 and 1 (row 1 has 'maybe')" in message
    assert "users.csv: no column 'user_id'; the file has 'uid', 'region'" in message
    assert "judgments.csv: no such file" in message


def test_people_without_an_account_have_an_empty_user_id(store) -> None:
    store.search_log.loc[:3, "user_id"] = None
    sources = read_sources(store.experiment())
    assert len(sources.rejections.frame) == 0
    assert sources.log["user_id"].tolist()[:5] == ["", "", "", "", store.search_log["user_id"].iloc[4]]


def test_a_log_of_clicks_needs_no_positions(store) -> None:
    store.search_log = store.search_log.drop(columns="position")
    assert (read_sources(store.experiment(log="clicks")).log["position"] == 0).all()
    with pytest.raises(InputError, match="no column 'position'"):
        read_sources(store.experiment())


def test_items_have_their_texts_joined(store) -> None:
    store.items["note"] = [None, *["big"] * 11]
    features = {"items": [{"name": "note", "kind": "text"}]}
    items, rejected = read_items(
        store.experiment(features=features).data.items, store.experiment(features=features, text=["title", "brand"])
    )
    assert items["text"].tolist()[:3] == ["thing 0 red", "thing 1 blue big", "thing 2 big"]
    assert rejected.empty


def test_judgments_of_any_items_can_be_read(store) -> None:
    path = store.experiment().data.judgments
    judgments, rejected = read_judgments(path, store.items.iloc[:4])
    assert len(judgments) == 32
    assert rejected["item_id"].unique().tolist() == ["004"]
