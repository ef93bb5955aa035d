"""Reading a log of single impressions with their propensities."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tools.datasets.reading import as_number, as_text, read_text_table
from tools.off_policy.prepared_log import is_prepared, prepared_impressions
from trainer.data.schema import DEEPEST_POSITION
from trainer.errors import InputError
from trainer.off_policy.logged_impressions import LoggedImpressions

CLICK_NAMES = ("clicked", "click")
PROPENSITY_NAMES = ("propensity", "propensity_score", "action_prob")
OWN_NAMES = {"request_id", "item_id", "position", "timestamp", "clicked", "click", *PROPENSITY_NAMES}


def read_log(
    path: Path,
    features: Sequence[str] = (),
    target: str | None = None,
    clicks_only: bool = False,
    notes: list[str] | None = None,
) -> pd.DataFrame:
    """Read and check impressions.

    Args:
        path: CSV, CSV.gz, TSV or parquet with ``item_id``, ``position``, ``clicked``, ``propensity`` and, where pages
            have several impressions, ``request_id``. ``click``, ``propensity_score`` and ``action_prob`` are taken too.
            Or a folder that ``shelfrank prepare`` wrote.
        features: columns of the context.
        target: column with the chances of the target policy.
        clicks_only: whether propensities are not needed.
        notes: takes what was left out, in words.

    Returns:
        ``request_id``, ``item_id``, ``position``, ``clicked``, ``propensity`` (unless `clicks_only`), ``target`` (where
        there is one) and the features, one row an impression.

    Raises:
        InputError: no such file or column, or a value that cannot be.
    """
    if is_prepared(path):
        raw, left_out = prepared_impressions(path, clicks_only)
        if notes is not None:
            notes += left_out
    else:
        raw = read_text_table(path, ["item_id", "position"])
    found = pd.DataFrame({"item_id": as_text(raw["item_id"])})
    refuse(path, raw["item_id"], found["item_id"] == "", "is empty")
    found["request_id"] = as_text(raw["request_id"]) if "request_id" in raw else np.arange(len(raw)).astype(str)
    if "request_id" in raw:
        refuse(path, raw["request_id"], found["request_id"] == "", "is empty")
    place = as_number(raw["position"])
    bad = ~((place >= 1) & (place <= DEEPEST_POSITION) & (place % 1 == 0))
    refuse(path, raw["position"], bad, f"is no whole number from 1 to {DEEPEST_POSITION:,}")
    found["position"] = place.astype("int64")
    repeated = found.duplicated(["request_id", "position"])
    refuse(path, raw["position"], repeated, "is there before on the same page (request_id)")
    click = _one_of(path, raw, CLICK_NAMES)
    found["clicked"] = as_number(click.replace({True: 1, False: 0}) if click.dtype == bool else click)
    refuse(path, click, ~found["clicked"].isin([0.0, 1.0]), "is not 0 or 1")
    if not clicks_only:
        propensity = _one_of(path, raw, PROPENSITY_NAMES)
        found["propensity"] = as_number(propensity)
        bad = ~((found["propensity"] > 0) & (found["propensity"] <= 1))
        refuse(path, propensity, bad, "is not above 0 and at most 1")
    if target is not None:
        found["target"] = as_number(_one_of(path, raw, (target,)))
        refuse(path, raw[target], ~found["target"].between(0, 1), "is not between 0 and 1")
    for name in features:
        if name in OWN_NAMES or name == target:
            raise InputError(
                f"--feature {name}: is no feature; name columns that were known before the item was chosen"
            )
        found[f"feature.{name}"] = _feature(_one_of(path, raw, (name,)))
    return found


def impressions_of(path: Path, table: pd.DataFrame, items: np.ndarray) -> LoggedImpressions:
    """Impressions as numbers.

    Args:
        path: where they are from, for the errors.
        table: of `read_log`.
        items: ids of all items that can be shown, sorted, str [A].

    Raises:
        InputError: an item that is not among them, or too few pages.
    """
    item = pd.Index(items).get_indexer(pd.Index(table["item_id"]))
    refuse(path, table["item_id"], pd.Series(item < 0), "is not in the table of --items")
    page, requests = pd.factorize(table["request_id"])
    if len(requests) < 2:
        raise InputError(f"{path}: holds one page only; an estimate needs at least two")
    context = table.filter(regex=r"^feature\.")
    return LoggedImpressions(
        items,
        item.astype(np.int64),
        table["position"].to_numpy(),
        table["clicked"].to_numpy(),
        table["propensity"].to_numpy() if "propensity" in table else np.ones(len(table)),
        requests.to_numpy(dtype=str),
        page.astype(np.int64),
        context,
    )


def refuse(path: Path, raw: pd.Series, bad: pd.Series, what: str) -> None:
    """Refuse a file with bad values in a column.

    Args:
        path: the file.
        raw: the column as read.
        bad: where it is bad.
        what: what is wrong.

    Raises:
        InputError: with the first bad row and how many there are.
    """
    if bad.any():
        first = int(np.flatnonzero(bad.to_numpy())[0])
        more = f" (and {int(bad.sum()) - 1:,} more rows)" if bad.sum() > 1 else ""
        raise InputError(
            f"{path}: row {first + 1:,}: {raw.name} {str(raw.iloc[first])!r} {what}{more}; correct the file"
        )


def _one_of(path: Path, raw: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    for name in names:
        if name in raw:
            return raw[name]
    raise InputError(
        f"{path}: has no column {' or '.join(map(repr, names))}; it has {', '.join(map(str, raw.columns))}"
    )


def _feature(raw: pd.Series) -> pd.Series:
    number = as_number(raw)
    return number if number.notna().all() else as_text(raw)
