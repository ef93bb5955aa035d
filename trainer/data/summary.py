"""What was prepared, in figures and as a table to look at."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

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
        if judged is not None:
            part = judged.split(name)
            counts |= {"judged_queries": part.table["query"].nunique(), "judgments": len(part.item)}
        result[name] = counts
    return result


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
    cut = summary["cut_pages"]
    if cut["pages"]:
        console.print(
            f"{cut['pages']:,} pages longer than data.max_page_items were cut by {cut['impressions']:,} impressions, "
            f"{cut['clicked']:,} of them clicked",
            soft_wrap=True,
            highlight=False,
        )
