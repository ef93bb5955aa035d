"""What a continued run has learned and forgotten, as tables of a report."""

from pathlib import Path

from trainer.evaluation.continued import TITLES, Change, ContinuedReport, verdict
from trainer.evaluation.report_tables import Cell, Table, metric_name

STATES = {"learned": "good", "gained": "good", "forgotten": "bad", "worse": "bad", "": ""}


def continued_tables(folder: Path) -> list[tuple[str, Table]]:
    """Before, after and difference of each metric, by part; empty where the run continues no other.

    Args:
        folder: of the run.
    """
    report = ContinuedReport.load(folder)
    if report is None:
        return []
    return [(f"{TITLES[name]} ({part.counts_in_words})", _table(name, part)) for name, part in report.parts.items()]


def _table(name: str, part: Change) -> Table:
    rows = []
    for key, found in part.differences.items():
        ends = "" if found.low is None or found.high is None else f"{found.low:+.4f} to {found.high:+.4f}"
        change = Cell(
            f"{found.difference:+.4f}".replace("-", "−"), ends.replace("-", "−"), STATES[verdict(name, key, found)]
        )
        rows.append(
            (metric_name(key, name)[0], [Cell(f"{part.before[key]:.4f}"), Cell(f"{part.after[key]:.4f}"), change])
        )
    return Table([("before", ""), ("after", ""), ("after − before", "95 % interval over queries")], rows)
