"""Open Bandit Dataset: Saito et al., 2021, arXiv:2008.07146."""

from pathlib import Path

import numpy as np
import pandas as pd

from tools.datasets.reading import as_number, as_text, as_time, find_file, read_text_table
from tools.datasets.rejections import Rejections
from tools.datasets.report import ImportReport, write_import
from trainer.errors import InputError

ITEM_FILES = ("item_context.csv", "item_context.csv.gz", "items.csv")
LOG_NAMES = ("all", "men", "women", "random", "bts")
AFFINITY = "user-item_affinity_"
PROPENSITY_NAMES = ("propensity_score", "action_prob")


def import_open_bandit(source: Path, out: Path, log: str | None = None) -> ImportReport:
    """Read logged impressions with their propensities into `items` and `search_log`.

    The log holds single impressions of a recommendation slot: no query, no user id, no purchase, and the
    other slots of the page cannot be found again. So each row is a request of its own with an empty query,
    and a user of its own: equal (hashed) user features do not make two rows one person. Items have no text:
    their title is empty.

    Args:
        source: folder with `item_context.csv` (or `items.csv`) and a log such as `all.csv`.
        out: folder to write.
        log: file name of the log, needed where the folder has several.

    Returns:
        Counts.

    Raises:
        InputError: a file or column is missing, the log is not clear, or nothing is left.
    """
    rejections = Rejections()
    item_path = find_file(source, ITEM_FILES)
    read = read_text_table(item_path, ["item_id"])
    features = [column for column in read.columns if str(column).startswith("item_feature_")]
    items = pd.DataFrame({"item_id": as_text(read["item_id"]), "title": ""})
    for column in features:
        number = as_number(read[column])
        items[column] = number if number.notna().all() else as_text(read[column])
    items = rejections.take(item_path.name, items, items["item_id"] == "", "item_id is empty")
    items = rejections.take(item_path.name, items, items.duplicated("item_id"), "repeats an item_id")

    path = _find_log(Path(source), log)
    rows = read_text_table(path, ["timestamp", "item_id", "position", "click"])
    propensity = next((name for name in PROPENSITY_NAMES if name in rows.columns), None)
    if propensity is None:
        raise InputError(f"{path}: has no column 'propensity_score'; expected the published log")
    digits = len(str(len(rows)))
    number = pd.Series(np.arange(1, len(rows) + 1).astype(str)).str.zfill(digits)
    table = pd.DataFrame(
        {
            "request_id": "r" + number,
            "timestamp": as_time(rows["timestamp"]),
            "user_id": "u" + number,
            "query": "",
            "item_id": as_text(rows["item_id"]),
            "position": as_number(rows["position"]),
            "clicked": as_number(rows["click"]),
            "purchased": np.zeros(len(rows), dtype="int8"),
            "propensity": as_number(rows[propensity]),
        }
    )
    user_features = [column for column in rows.columns if str(column).startswith("user_feature_")]
    table = table.assign(**{column: as_text(rows[column]) for column in user_features})
    affinity = _own_affinity(rows, table["item_id"])
    if affinity is not None:
        table["user_item_affinity"] = affinity

    file = path.name
    table = rejections.take(file, table, table["timestamp"].isna(), "timestamp is not a time")
    place = table["position"]
    table = rejections.take(file, table, ~((place >= 1) & (place % 1 == 0)), "position is not a whole number from 1")
    table = rejections.take(file, table, ~table["clicked"].isin([0.0, 1.0]), "click is not 0 or 1")
    chance = table["propensity"]
    table = rejections.take(file, table, ~((chance > 0) & (chance <= 1)), "propensity is not above 0 and at most 1")
    table = rejections.take(file, table, ~table["item_id"].isin(items["item_id"]), "item is not in the items table")
    table = table.astype({"position": "int32", "clicked": "int8"}).sort_values("timestamp", kind="stable")
    return write_import("open_bandit", out, {"items": items, "search_log": table}, rejections)


def _find_log(source: Path, log: str | None) -> Path:
    if log is not None:
        return find_file(source, [log])
    names = [f"{name}.csv{suffix}" for name in LOG_NAMES for suffix in ("", ".gz")]
    there = [name for name in names if (source / name).is_file()]
    if len(there) > 1:
        raise InputError(f"{source}: holds several logs ({', '.join(there)}); choose one with --log")
    return find_file(source, there or names)


def _own_affinity(rows: pd.DataFrame, item_id: pd.Series) -> pd.Series | None:
    """The user's affinity to the item of the row, out of one column per item."""
    columns = [column for column in rows.columns if str(column).startswith(AFFINITY)]
    if not columns:
        return None
    values = rows[columns].apply(as_number).to_numpy()
    column = pd.Index(columns).get_indexer(pd.Index(AFFINITY + item_id))
    own = values[np.arange(len(rows)), column]
    return pd.Series(np.where(column >= 0, own, np.nan), index=rows.index)
