"""Search clicks with their queries, without the impressions that were not clicked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tools.datasets.reading import as_text, as_time, find_file, read_text_table
from tools.datasets.rejections import Rejections
from tools.datasets.report import ImportReport, write_import
from trainer.errors import InputError

CLICK_COLUMNS = {
    "user": "user",
    "item": "sku",
    "query": "query",
    "click_time": "click_time",
    "query_time": "query_time",
}
ITEM_COLUMNS = {"item_id": "sku", "title": "name"}
REQUEST = ["user_id", "query", "timestamp"]


def import_click_log(
    source: Path, out: Path, columns: Mapping[str, str] | None = None, keep: Sequence[str] = ()
) -> ImportReport:
    """Read clicks and item names into `items` and a `search_log` of clicked rows only.

    A request is one user's query at one time, with every item clicked there. What else the page showed is
    unknown, so the column `position` is absent and `purchased` is 0 throughout.

    Args:
        source: folder with `clicks.csv` and `items.csv` (or .csv.gz, .parquet).
        out: folder to write.
        columns: names in the files for `user`, `item`, `query`, `click_time`, `query_time` (clicks) and
            `item_id`, `title` (items), where they differ from the defaults of this module.
        keep: further columns of the clicks to keep in `search_log` under their own names.

    Returns:
        Counts.

    Raises:
        InputError: a file or column is missing, or nothing is left.
    """
    names = {**CLICK_COLUMNS, **ITEM_COLUMNS}
    unknown = sorted(set(columns or {}) - set(names))
    if unknown:
        raise InputError(f"columns: unknown name {unknown[0]!r}, expected one of {', '.join(names)}")
    names |= dict(columns or {})

    rejections = Rejections()
    path = find_file(source, ["items.csv", "items.csv.gz", "items.parquet"])
    read = read_text_table(path, [names["item_id"], names["title"]])
    items = pd.DataFrame({name: as_text(read[names[name]]) for name in ITEM_COLUMNS})
    items = rejections.take(path.name, items, items["item_id"] == "", f"{names['item_id']} is empty")
    items = rejections.take(path.name, items, items["title"] == "", f"{names['title']} is empty")
    items = rejections.take(path.name, items, items.duplicated("item_id"), f"repeats a {names['item_id']}")

    path = find_file(source, ["clicks.csv", "clicks.csv.gz", "clicks.parquet"])
    read = read_text_table(path, [*(names[name] for name in CLICK_COLUMNS), *keep])
    log = pd.DataFrame(
        {
            "timestamp": as_time(read[names["query_time"]]),
            "user_id": as_text(read[names["user"]]),
            "query": as_text(read[names["query"]]),
            "item_id": as_text(read[names["item"]]),
            "click_time": as_time(read[names["click_time"]]),
        }
    )
    taken = sorted(set(keep) & {*log.columns, "request_id", "clicked", "purchased"})
    if taken:
        raise InputError(f"keep: {taken[0]!r} is already a column of search_log; leave it out")
    log = log.assign(**{column: as_text(read[column]) for column in keep})

    file = path.name
    for column, name in (("user_id", "user"), ("query", "query"), ("item_id", "item")):
        log = rejections.take(file, log, log[column] == "", f"{names[name]} is empty")
    for column, name in (("timestamp", "query_time"), ("click_time", "click_time")):
        log = rejections.take(file, log, log[column].isna(), f"{names[name]} is not a time")
    early = log["click_time"] < log["timestamp"]
    log = rejections.take(file, log, early, f"{names['click_time']} is before {names['query_time']}")
    log = rejections.take(file, log, ~log["item_id"].isin(items["item_id"]), "item is not in the items table")
    log = rejections.take(file, log, log.duplicated([*REQUEST, "item_id"]), "repeats a click of the same request")

    log = log.sort_values(["timestamp", "user_id", "query", "click_time"], kind="stable").reset_index(drop=True)
    number = log.groupby(REQUEST, sort=False).ngroup() + 1
    digits = len(str(len(log)))
    log.insert(0, "request_id", "r" + number.astype(str).str.zfill(digits))
    log = log.assign(clicked=pd.Series(1, log.index, dtype="int8"), purchased=pd.Series(0, log.index, dtype="int8"))
    notes = {"requests": int(number.max()) if len(log) else 0}
    return write_import("click_log", out, {"items": items, "search_log": log}, rejections, notes)
