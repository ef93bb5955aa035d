"""From the word of ``--target`` to a policy."""

from pathlib import Path

import numpy as np
import pandas as pd

from tools.datasets.reading import as_number, as_text, read_text_table
from tools.off_policy.log_table import PROPENSITY_NAMES, impressions_of, read_log, refuse
from trainer.errors import InputError
from trainer.off_policy.column_policy import ColumnPolicy
from trainer.off_policy.given_policy import SUM_OFF, GivenPolicy
from trainer.off_policy.item_share_policy import ItemSharePolicy
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import TargetPolicy
from trainer.off_policy.uniform_policy import UniformPolicy

LIKE, COLUMN = "like:", "column:"


def read_problem(
    path: Path, target: str, items: Path | None, features: list[str], notes: list[str] | None = None
) -> tuple[LoggedImpressions, TargetPolicy]:
    """Read a log and the policy that is asked for.

    Args:
        path: the log.
        target: ``uniform``, ``like:LOG``, ``column:NAME`` or a file of chances.
        items: table of the items that can be shown; by default those that the log, and the target's file, name.
        features: columns of the log that the click model reads.
        notes: takes what of the log was left out, in words.

    Returns:
        The impressions and the policy.

    Raises:
        InputError: whatever is wrong with the files or the word.
    """
    column = target.removeprefix(COLUMN) if target.startswith(COLUMN) else None
    table = read_log(path, features, column, notes=notes)
    if column is not None:
        log = impressions_of(path, table, _items(items, table))
        return log, ColumnPolicy(table["target"].to_numpy())
    if target == "uniform":
        return impressions_of(path, table, _items(items, table)), UniformPolicy()
    if target.startswith(LIKE):
        return _like(path, table, Path(target.removeprefix(LIKE)), items)
    if not Path(target).is_file():
        raise InputError(f"--target {target}: no such file; give one, or uniform, {LIKE}LOG or {COLUMN}NAME")
    return _given(path, table, Path(target), items)


def _items(path: Path | None, *tables: pd.DataFrame) -> np.ndarray:
    named = (
        as_text(read_text_table(path, ["item_id"])["item_id"]) if path else pd.concat([t["item_id"] for t in tables])
    )
    return np.unique(named.to_numpy(dtype=str))


def _like(
    path: Path, table: pd.DataFrame, other_path: Path, items: Path | None
) -> tuple[LoggedImpressions, TargetPolicy]:
    other = read_log(other_path, clicks_only=True)
    log = impressions_of(path, table, _items(items, table, other))
    shown = impressions_of(other_path, other, log.items)
    missing = ~table["position"].isin(other["position"])
    refuse(path, table["position"], missing, f"is nowhere in {other_path}, so that its shares there are not known")
    return log, ItemSharePolicy.of_counts(shown.position, shown.item, len(log.items))


def _given(
    path: Path, table: pd.DataFrame, other_path: Path, items: Path | None
) -> tuple[LoggedImpressions, TargetPolicy]:
    raw = read_text_table(other_path, ["request_id", "item_id"])
    name = next((name for name in PROPENSITY_NAMES if name in raw), None)
    if name is None:
        raise InputError(f"{other_path}: has no column 'propensity'; it has {', '.join(map(str, raw.columns))}")
    given = pd.DataFrame(
        {"request_id": as_text(raw["request_id"]), "item_id": as_text(raw["item_id"]), "chance": as_number(raw[name])}
    )
    refuse(other_path, raw[name], ~given["chance"].between(0, 1), "is not between 0 and 1")
    key = ["request_id"]
    if "position" in raw:
        key.append("position")
        given["position"] = as_number(raw["position"])
    elif table["request_id"].duplicated().any():
        raise InputError(
            f"{other_path}: has no column 'position', but pages of {path} have several impressions; add it"
        )
    refuse(other_path, raw["item_id"], given.duplicated([*key, "item_id"]), "is there before for the same place")

    log = impressions_of(path, table, _items(items, table, given))
    joined = table[key].reset_index(names="row").merge(given, on=key)
    absent = ~pd.Series(np.isin(np.arange(len(table)), joined["row"]))
    refuse(path, table["request_id"], absent, f"has no row in {other_path} ({', '.join(key)})")
    sums = np.bincount(joined["row"], weights=joined["chance"], minlength=len(table))
    refuse(
        path, table["request_id"], pd.Series(sums > 1 + SUM_OFF), f"has chances that sum to more than 1 in {other_path}"
    )
    item = pd.Index(log.items).get_indexer(pd.Index(joined["item_id"]))
    refuse(other_path, joined["item_id"], pd.Series(item < 0), "is not in the table of --items")
    rows = joined["row"].to_numpy()
    return log, GivenPolicy(rows, item.astype(np.int64), joined["chance"].to_numpy(), len(log))
