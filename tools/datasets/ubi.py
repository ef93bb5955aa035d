"""User Behavior Insights (UBI): queries and events joined into one search log.

Format: User Behavior Insights specification 1.x (o19s/ubi), as OpenSearch and its data generator write it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tools.datasets.reading import as_number, as_text, as_time
from tools.datasets.rejections import Rejections
from tools.datasets.report import ImportReport, write_import
from tools.datasets.ubi_records import UbiRecords, read_ubi

ACTIONS = {
    "impression": "impression",
    "click": "clicked",
    "item_click": "clicked",
    "add_to_cart": "carted",
    "purchase": "purchased",
}
"""What each action says of an item; a search log has no place for others (hover, filter, sort)."""
OUTCOMES = ["clicked", "carted", "purchased"]
HIT_FIELDS = ("query_response_hit_ids", "query_response_object_ids")
"""The list of results, and its name in early versions."""


def import_ubi(source: Path, out: Path) -> ImportReport:
    """Join UBI queries and events into `items` and `search_log`, with a further column `carted`.

    A request is a `query_id`, or one of its texts where the user went on typing under the same id. Its rows
    are the items with an `impression` event; without any, the results that the query record lists. A click,
    cart or purchase of another item adds that item, which must have been on the page. A purchase without a
    click counts as a click.

    Args:
        source: a file or a folder of UBI records; see `read_ubi`.
        out: folder to write.

    Returns:
        Counts; events of other kinds are counted in its notes.

    Raises:
        InputError: nothing that can be read, or nothing left.
    """
    rejections = Rejections()
    records = read_ubi(Path(source))
    broken = records.broken_frame()
    for (file, reason), rows in broken.groupby(["file", "reason"]):
        taken = rows[["text"]].set_axis(rows["row"] - 1)
        rejections.take(str(file), taken, pd.Series(True, taken.index), str(reason))
    events, other = _event_table(records, rejections)
    searches = _search_table(records, events, rejections)
    events = _find_search(events[events["action"] != ""], searches, rejections)
    log, notes = _join(searches, events, rejections)
    items = _item_table(log, events)
    notes["events of other kinds"] = other
    notes["items without a title"] = int((items["title"] == "").sum())
    return write_import("ubi", out, {"items": items, "search_log": log}, rejections, notes)


def _event_table(records: UbiRecords, rejections: Rejections) -> tuple[pd.DataFrame, int]:
    """Events of an item, and searches logged as events (`action` is "" there)."""
    rows = [_event(event) for event in records.events]
    columns = list(_event({}))
    table = pd.DataFrame(rows, columns=columns)
    for column in ("file", "query_id", "query", "user_id", "item_id", "title", "application", "name"):
        table[column] = as_text(table[column])
    table["timestamp"] = as_time(table["timestamp"])
    table["ordinal"] = as_number(table["ordinal"])
    table["action"] = table["name"].map(ACTIONS).fillna("").astype(str)
    searched = (table["action"] == "") & table["is_search"].astype(bool) & (table["query"] != "")
    other = int(((table["action"] == "") & ~searched).sum())
    table = table[(table["action"] != "") | searched]
    table = _take(rejections, table, table["query_id"] == "", "event has no query_id")
    no_item = (table["action"] != "") & (table["item_id"] == "")
    table = _take(rejections, table, no_item, "event has no object_id")
    table = _take(rejections, table, table["timestamp"].isna(), "event has no time")
    zero_based = table.groupby("application")["ordinal"].transform("min") == 0
    table["position"] = table["ordinal"] + zero_based
    return table.reset_index(drop=True), other


def _event(event: dict[str, Any]) -> dict[str, Any]:
    attributes = event.get("event_attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    thing, place = attributes.get("object"), attributes.get("position")
    thing = thing if isinstance(thing, dict) else {}
    place = place if isinstance(place, dict) else {}
    is_search = event.get("message_type") == "QUERY"
    return {
        "file": event.get("_file"),
        "row": event.get("_row"),
        "name": event.get("action_name"),
        "query_id": event.get("query_id"),
        "query": event.get("message") if is_search else event.get("user_query"),
        "user_id": event.get("user_id") or event.get("client_id"),
        "timestamp": event.get("timestamp"),
        "item_id": thing.get("object_id"),
        "title": thing.get("description"),
        "ordinal": place.get("ordinal"),
        "application": event.get("application"),
        "is_search": is_search,
    }


def _search_table(records: UbiRecords, events: pd.DataFrame, rejections: Rejections) -> pd.DataFrame:
    """One row a search: query_id, query, user_id, timestamp, hits, request_id."""
    rows = [
        {
            "file": query["_file"],
            "row": query["_row"],
            "query_id": query.get("query_id"),
            "query": query.get("user_query"),
            "user_id": query.get("user_id") or query.get("client_id"),
            "timestamp": query.get("timestamp"),
            "hits": next((list(map(str, query[name])) for name in HIT_FIELDS if query.get(name)), []),
        }
        for query in records.queries
    ]
    logged = pd.DataFrame(rows, columns=["file", "row", "query_id", "query", "user_id", "timestamp", "hits"])
    for column in ("file", "query_id", "query", "user_id"):
        logged[column] = as_text(logged[column])
    logged["timestamp"] = as_time(logged["timestamp"])
    logged = _take(rejections, logged, logged["query_id"] == "", "query has no query_id")
    logged = _take(rejections, logged, logged["query"] == "", "query has no user_query")
    logged = _take(rejections, logged, logged["timestamp"].isna(), "query has no time")

    told = events[(events["query"] != "") & ~events["query_id"].isin(logged["query_id"])]
    told = told[["query_id", "query", "user_id", "timestamp"]]
    told = told.assign(hits=pd.Series([[] for _ in range(len(told))], told.index, dtype=object))
    searches = pd.concat([logged.drop(columns=["file", "row"]), told], ignore_index=True)
    searches["found"] = searches["hits"].map(len)
    searches = searches.sort_values(["timestamp", "found"], ascending=[True, False], kind="stable")
    key = ["query_id", "query"]
    fullest = searches.sort_values("found", ascending=False, kind="stable").drop_duplicates(key).set_index(key)["hits"]
    searches = searches.drop_duplicates(key).drop(columns=["hits", "found"])
    searches = searches.join(fullest, on=key).reset_index(drop=True)
    number = (searches.groupby("query_id").cumcount() + 1).astype(str)
    several = searches.duplicated("query_id", keep=False)
    searches["request_id"] = searches["query_id"].where(~several, searches["query_id"] + "/" + number)
    return searches


def _find_search(events: pd.DataFrame, searches: pd.DataFrame, rejections: Rejections) -> pd.DataFrame:
    """Each event's search: by its text, else the last before it under its query_id, else the first."""
    by_text = searches.set_index(["query_id", "query"])["request_id"]
    first = searches.drop_duplicates("query_id").set_index("query_id")["request_id"]
    exact = pd.MultiIndex.from_frame(events[["query_id", "query"]])
    request = pd.Series(by_text.reindex(exact).to_numpy(), index=events.index, dtype=object)
    ordered = events[["query_id", "timestamp"]].reset_index().sort_values("timestamp", kind="stable")
    known = searches[["query_id", "timestamp", "request_id"]].sort_values("timestamp", kind="stable")
    latest = pd.merge_asof(ordered, known, on="timestamp", by="query_id").set_index("index")["request_id"]
    request = request.fillna(latest).fillna(events["query_id"].map(first))
    events = events.assign(request_id=request)
    return _take(rejections, events, events["request_id"].isna(), "no query is logged under this query_id")


def _join(searches: pd.DataFrame, events: pd.DataFrame, rejections: Rejections) -> tuple[pd.DataFrame, dict[str, int]]:
    key = ["request_id", "item_id"]
    seen = events[events["action"] == "impression"]
    listed = searches[["request_id", "hits"]].explode("hits").dropna(subset=["hits"])
    listed = listed.rename(columns={"hits": "item_id"})
    listed["rank"] = listed.groupby("request_id").cumcount() + 1.0
    listed = listed.drop_duplicates(key)
    rank = listed.set_index(key)["rank"]

    shown = seen[[*key, "position", "file", "row"]].drop_duplicates(key)
    unseen = listed[~listed["request_id"].isin(seen["request_id"])].rename(columns={"rank": "position"})
    acted = events[events["action"] != "impression"]
    added = acted[[*key, "position", "file", "row"]].drop_duplicates(key)
    rows = pd.concat([shown, unseen, added.assign(added=True)], ignore_index=True).drop_duplicates(key)
    in_list = rank.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy()
    rows["position"] = rows["position"].fillna(pd.Series(in_list, index=rows.index))
    bad = ~((rows["position"] >= 1) & (rows["position"] % 1 == 0))
    rows = _take(rejections, rows, bad, "position is not known or not a whole number")

    happened = pd.crosstab([acted["request_id"], acted["item_id"]], acted["action"]).clip(upper=1)
    happened = happened.reindex(columns=OUTCOMES, fill_value=0)
    outcome = happened.reindex(pd.MultiIndex.from_frame(rows[key]), fill_value=0).to_numpy()
    rows[OUTCOMES] = outcome.astype("int8")
    implied = (rows["purchased"] == 1) & (rows["clicked"] == 0)
    rows.loc[implied, "clicked"] = 1

    log = rows.merge(searches[["request_id", "timestamp", "user_id", "query"]], on="request_id", validate="m:1")
    log = log.sort_values(["timestamp", "request_id", "position"], kind="stable")
    log["position"] = log["position"].astype("int32")
    notes = {
        "requests": int(log["request_id"].nunique()),
        "searches without items": int((~searches["request_id"].isin(log["request_id"])).sum()),
        "items added by a click, cart or purchase alone": int(rows["added"].eq(True).sum()),
        "clicks implied by a purchase": int(implied.sum()),
    }
    columns = [
        "request_id",
        "timestamp",
        "user_id",
        "query",
        "item_id",
        "position",
        "clicked",
        "purchased",
        "carted",
    ]
    return log[columns], notes


def _item_table(log: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    named = events[events["title"] != ""].drop_duplicates("item_id").set_index("item_id")["title"]
    item_id = pd.Series(np.sort(log["item_id"].unique().astype(str)), name="item_id")
    return pd.DataFrame({"item_id": item_id, "title": item_id.map(named).fillna("").astype(str)})


def _take(rejections: Rejections, table: pd.DataFrame, bad: pd.Series, reason: str) -> pd.DataFrame:
    """Reject rows that carry their own file and line."""
    for file, rows in table[bad].groupby("file"):
        taken = rows.drop(columns=["file", "row", "hits", "is_search"], errors="ignore").set_axis(rows["row"] - 1)
        rejections.take(str(file), taken, pd.Series(True, taken.index), reason)
    return table[~bad]
