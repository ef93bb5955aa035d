"""What was prepared, in figures and as a table to look at."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from trainer.data.negatives import Shortfall
from trainer.data.pages import Pages
from trainer.data.statistics import base_rates


def split_counts(log: Pages | None, judged: Pages | None) -> dict[str, dict[str, Any]]:
    """Pages, impressions and rates of each split.

    Args:
        log: pages of the log, or None.
        judged: pages of judgments, or None.

    Returns:
        By ``train``, ``valid``, ``test``: counts; rates where labels are known.
    """
    result: dict[str, dict[str, Any]] = {}
    for name in ("train", "valid", "test"):
        counts: dict[str, Any] = {}
        if log is not None:
            part = log.split(name)
            counts |= {"pages": len(part), "impressions": len(part.item), "queries": part.table["query"].nunique()}
            counts |= {"clicks": int((part.clicked == 1).sum()), "purchases": int((part.purchased == 1).sum())}
            counts |= base_rates(part) if len(part) else {}
            counts |= {f"labels_of_{task}": int(np.isfinite(values).sum()) for task, values in part.labels.items()}
        if judged is not None:
            part = judged.split(name)
            counts |= {"judged_queries": part.table["query"].nunique(), "judgments": len(part.item)}
        result[name] = counts
    return result


def find_notes(
    statistics: dict[str, Any],
    log: Pages | None,
    users: pd.DataFrame | None,
    negatives: Shortfall | None,
) -> list[str]:
    """What is no fault but should be known, in words.

    Args:
        statistics: of the training pages.
        log: pages of the log, or None.
        users: the users table, or None.
        negatives: what was sampled, for a log of clicks only.
    """
    notes = []
    rates = statistics["base_rates"]
    if log is None:
        notes.append("no log: click and conversion rates start at even odds and are not learned")
    elif rates["ctr"] == 0:
        notes.append("no click on the training pages: neither CTR nor CVR can be learned")
    elif rates["ctcvr"] == 0:
        notes.append("no purchase on the training pages: CVR can't be learned")
    unknown = [name for name, found in statistics.get("tasks", {}).items() if not found["known"]]
    notes += [f"tasks: no label of {name!r} on the training pages: it can't be learned" for name in unknown]
    for table, features in statistics["features"].items():
        gone = [name for name, known in features.items() if known.get("missing_share") == 1.0]
        if gone:
            notes.append(f"features.{table}: missing on every training page: {', '.join(gone)}")
    if log is not None and users is not None:
        named = log.table["user_id"] != ""
        strange = int((named & ~log.table["user_id"].isin(users["user_id"])).sum())
        if strange:
            notes.append(
                f"{strange:,} of {len(log):,} pages have a user_id that is not in users: their user features are missing"
            )
    if negatives is not None and negatives.drawn < negatives.wanted:
        notes.append(
            f"{negatives.drawn:,} of {negatives.wanted:,} negatives were drawn: data.max_page_items and the number of "
            "items, or of those that share a word with the query for hard ones, leave no room for more"
        )
    return notes


def show_summary(summary: dict[str, Any], folder: Path, console: Console) -> None:
    """Print what was prepared.

    Args:
        summary: what `prepare.json` holds.
        folder: where it lies.
        console: where to.
    """
    rows = ", ".join(f"{table} {count:,}" for table, count in summary["rows"].items())
    console.print(f"prepared: {folder}", soft_wrap=True, highlight=False)
    console.print(f"rows read: {rows}", soft_wrap=True, highlight=False)
    table = Table()
    table.add_column("")
    for name in summary["splits"]:
        table.add_column(name, justify="right")
    for key in next(iter(summary["splits"].values())):
        values = [counts.get(key) for counts in summary["splits"].values()]
        shown = ["-" if v is None else f"{v:.4f}" if isinstance(v, float) else f"{v:,}" for v in values]
        table.add_row(key.replace("_", " "), *shown)
    console.print(table)
    for name, reasons in summary["rejected"]["reasons"].items():
        for reason, count in reasons.items():
            console.print(f"rejected from {name}: {count:,} ({reason})", soft_wrap=True, highlight=False)
    for note in summary["notes"]:
        console.print(f"note: {note}", soft_wrap=True, highlight=False)
    cut = summary["cut_pages"]
    if cut["pages"]:
        console.print(
            f"{cut['pages']:,} pages longer than data.max_page_items were cut by {cut['impressions']:,} impressions, "
            f"{cut['clicked']:,} of them clicked",
            soft_wrap=True,
            highlight=False,
        )
