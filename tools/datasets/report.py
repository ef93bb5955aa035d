"""What an import did, and the writing of its folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from tools.datasets.publish import publish_folder, write_table
from tools.datasets.rejections import Rejections
from trainer.errors import InputError

MARKER = "import.json"


@dataclass(frozen=True)
class ImportReport:
    """Counts of one import.

    Attributes:
        name: the importer.
        out: the folder written.
        rows: rows of each table.
        rejected: rows of the source that were not usable.
        reasons: rejected rows by reason.
        notes: other counts worth knowing, such as events of a kind that no table holds.
    """

    name: str
    out: Path
    rows: dict[str, int]
    rejected: int
    reasons: dict[str, int]
    notes: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The report in words, one line a fact."""
        rows = [f"{table}: {count:,} rows" for table, count in self.rows.items()]
        notes = [f"{what}: {count:,}" for what, count in self.notes.items()]
        reasons = [f"  {count:,} {reason}" for reason, count in self.reasons.items()]
        return [f"{self.name} -> {self.out}", *rows, *notes, f"rejected: {self.rejected:,} rows", *reasons]


def write_import(
    name: str,
    out: Path,
    tables: dict[str, pd.DataFrame],
    rejections: Rejections,
    notes: dict[str, int] | None = None,
) -> ImportReport:
    """Publish the tables, `rejected.csv` and `import.json` as one folder.

    Args:
        name: the importer.
        out: the folder to publish; an earlier import there is replaced.
        tables: contract tables by name.
        rejections: the rows left out.
        notes: further counts for the report.

    Returns:
        The report, as written to `import.json`.

    Raises:
        InputError: a table has no rows left, or `out` cannot be used.
    """
    for table, frame in tables.items():
        if frame.empty:
            first = next(iter(rejections.reasons()), "the source has none")
            raise InputError(f"{name}: no usable row for the table '{table}' (most often: {first})")
    report = ImportReport(
        name=name,
        out=Path(out),
        rows={table: len(frame) for table, frame in tables.items()},
        rejected=len(rejections),
        reasons=rejections.reasons(),
        notes=notes or {},
    )
    with publish_folder(Path(out), MARKER) as folder:
        for table, frame in tables.items():
            write_table(frame.reset_index(drop=True), folder, table)
        rejections.write(folder / "rejected.csv")
        facts = {key: value for key, value in asdict(report).items() if key != "out"}
        (folder / MARKER).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return report
