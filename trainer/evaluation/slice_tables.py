"""Slices as tables of the report."""

from collections.abc import Sequence

from trainer.evaluation.report_tables import Cell, Table, metric_name
from trainer.evaluation.slice_console import MARKS, TITLES, by_source, metrics_of
from trainer.evaluation.slice_metrics import AHEAD, BEHIND, Slice, SliceFigure

STATES = {AHEAD: "good", BEHIND: "bad", "": ""}


def report_slices(slices: Sequence[Slice]) -> list[tuple[str, Table]]:
    """A table of the slices of each source, for the report.

    Args:
        slices: what was measured.

    Returns:
        Title and table.
    """
    tables = []
    for source, part in by_source(slices).items():
        metrics = metrics_of(part)
        columns = [("pages", "pages of the slice, or with items of it"), ("queries", "distinct queries of these pages")]
        rows = [
            (
                one.label,
                [
                    Cell(f"{one.pages:,}"),
                    Cell(f"{one.queries:,}"),
                    *(_cell(one.figures.get(metric)) for metric in metrics),
                ],
            )
            for one in part
        ]
        tables.append((TITLES[source], Table([*columns, *(metric_name(metric, "") for metric in metrics)], rows)))
    return tables


def _cell(figure: SliceFigure | None) -> Cell:
    if figure is None:
        return Cell("–")
    value = f"{MARKS[figure.flag]} {figure.value:.4f}".strip()
    if figure.gap is None:
        return Cell(value)
    ends = "" if figure.gap_low is None else f" ({figure.gap_low:+.3f} to {figure.gap_high:+.3f})"
    return Cell(value, f"{figure.gap:+.3f}{ends}".replace("-", "−"), STATES[figure.flag])
