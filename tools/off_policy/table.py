"""Estimates as a table for people."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.off_policy.estimate import Estimate, Interval
from trainer.off_policy.evaluation import OffPolicy

LABELS = {"ips": "IPS", "snips": "SNIPS", "dr": "doubly robust", "switch_dr": "switched"}


def show(found: OffPolicy, title: str, truth: Estimate | None, console: Console) -> None:
    """Print the estimates.

    Args:
        found: the estimates.
        title: what was estimated from what.
        truth: the click rate of a log of the target policy.
        console: where to.
    """
    table = Table(title=escape(title), title_justify="left")
    table.add_column("click rate")
    for name in ("estimate", "95 % normal", "95 % bootstrap"):
        table.add_column(name, justify="right")
    if truth is not None:
        table.add_column("true inside", justify="right")
    _row(table, "as logged", found.logged)
    for name, one in found.estimates.items():
        _row(table, LABELS[name], one, truth)
    if truth is not None:
        _row(table, "true", truth)
    console.print(table)
    weights = found.weights
    console.print(
        f"{len(found.log):,} impressions on {len(found.log.requests):,} pages, {int(found.log.clicked.sum()):,} clicks,"
        f" {len(found.log.items):,} items; weights: mean {weights.mean:.3f}, largest {weights.largest:.1f},"
        f" effective sample size {weights.effective_sample_size:,.0f}",
        soft_wrap=True,
        highlight=False,
    )
    for word, lines in (("note", found.notes), ("warning", found.warnings)):
        for line in lines:
            console.print(f"{word}: {line}", soft_wrap=True, markup=False, highlight=False)


def holds(interval: Interval | None, truth: float) -> bool:
    """Whether a rate lies in an interval."""
    return interval is not None and interval[0] <= truth <= interval[1]


def _row(table: Table, label: str, one: Estimate, truth: Estimate | None = None) -> None:
    bounds = [one.normal, one.bootstrap]
    cells = ["-" if interval is None else f"{interval[0]:.5f}-{interval[1]:.5f}" for interval in bounds]
    if truth is not None:
        cells.append(
            " / ".join("yes" if holds(interval, truth.value) else "no" for interval in bounds if interval) or "-"
        )
    table.add_row(label, f"{one.value:.5f}", *cells)
