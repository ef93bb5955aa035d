"""Slices as a table on the console."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.evaluation.slice_metrics import AHEAD, BEHIND, LEAST_QUERIES, Slice, SliceFigure

MARKS = {AHEAD: "▲", BEHIND: "▼", "": ""}
COLOURS = {AHEAD: "green", BEHIND: "red"}
TITLES = {"log": "Log", "judged": "Human judgments"}
NAMES = {"gauc": "GAUC", "mrr": "MRR", "ctr.auc": "CTR AUC", "cvr.auc": "CVR AUC", "ctcvr.auc": "CTCVR AUC"}
WIDE = 110
"""Columns of a terminal that has room for the intervals."""
LEGEND = (
    "below each figure the slice less the rest; ▼ behind and ▲ ahead of the rest: the 95 % interval over queries is clear of "
    f"zero ({LEAST_QUERIES} queries or more on either side)"
)


def show_slices(slices: Sequence[Slice], console: Console) -> None:
    """Print a table of the slices of each source.

    Args:
        slices: what was measured.
        console: where to.
    """
    for source, part in by_source(slices).items():
        metrics = metrics_of(part)
        table = Table(title=f"slices, {TITLES[source].lower()}", title_justify="left")
        table.add_column("slice")
        for metric in metrics:
            table.add_column(_name(metric), justify="right")
        wide = console.width >= WIDE
        for one in part:
            cells = [_cell(one.figures.get(metric), wide) for metric in metrics]
            queries = "1 query" if one.queries == 1 else f"{one.queries:,} queries"
            table.add_row(f"{escape(one.label)}\n[dim]{queries}[/dim]", *cells)
        console.print(table)
    if slices:
        console.print(LEGEND, highlight=False)


def by_source(slices: Sequence[Slice]) -> dict[str, list[Slice]]:
    """Slices of the log, and slices of the judged pages."""
    found: dict[str, list[Slice]] = {}
    for one in slices:
        found.setdefault(one.source, []).append(one)
    return found


def metrics_of(slices: Sequence[Slice]) -> list[str]:
    """The metrics that at least one slice has."""
    return list(dict.fromkeys(metric for one in slices for metric in one.figures))


def _name(metric: str) -> str:
    short = metric.removeprefix("judged.")
    return NAMES.get(short, short.replace("_", " ").replace("ndcg", "NDCG"))


def _cell(figure: SliceFigure | None, wide: bool) -> str:
    if figure is None:
        return "-"
    value = f"{figure.value:.4f}"
    if figure.flag:
        value = f"[{COLOURS[figure.flag]}]{MARKS[figure.flag]} {value}[/{COLOURS[figure.flag]}]"
    if figure.gap is None:
        return value
    ends = f"\n{figure.gap_low:+.3f} to {figure.gap_high:+.3f}" if wide and figure.gap_low is not None else ""
    return f"{value}\n[dim]{figure.gap:+.4f}{ends}[/dim]"
