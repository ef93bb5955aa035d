"""Rows that can't be used, with the reasons of each."""

from pathlib import Path

import pandas as pd

COLUMNS = ["table", "row", "request_id", "user_id", "query", "item_id", "reason"]


class Rejections:
    """Collects rejected rows of all tables until they are written.

    Attributes:
        counts: by table, by reason: rows. A row with two reasons counts for both.
        rows: by table: rejected rows.
    """

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.rows: dict[str, int] = {}

    def take(self, table: str, frame: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
        """Move the faulty rows out of a frame.

        Args:
            table: its name.
            frame: rows whose index is their place in the file, counted from 0.
            faults: ``index`` and ``reason``, one row a fault.

        Returns:
            The other rows.
        """
        if faults.empty:
            return frame
        counts = self.counts.setdefault(table, {})
        for reason, count in faults["reason"].value_counts().items():
            counts[str(reason)] = counts.get(str(reason), 0) + int(count)
        joined = _joined_reasons(faults)
        rows = frame.loc[joined.index]
        self.rows[table] = self.rows.get(table, 0) + len(rows)
        part = pd.DataFrame({c: rows.get(c) for c in COLUMNS}, index=rows.index)
        self._parts.append(part.assign(table=table, row=rows.index + 1, reason=joined))
        return frame.drop(index=joined.index)

    @property
    def frame(self) -> pd.DataFrame:
        """All rejected rows: table, row (1 is the first after the header), the ids that there are, the reasons."""
        if not self._parts:
            return pd.DataFrame(columns=COLUMNS)
        return pd.concat([part.astype(object) for part in self._parts], ignore_index=True)

    def write(self, path: Path) -> None:
        """Write them as CSV; without rejected rows it holds the header only."""
        self.frame.to_csv(path, index=False)

    def too_many(self, table: str, total: int, limit: float) -> str | None:
        """The fault in words where more than a share of a table's rows was rejected."""
        rejected = self.rows.get(table, 0)
        if rejected <= limit * total:
            return None
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in self.counts[table].items())
        return f"{table}: {rejected:,} of {total:,} rows ({rejected / total:.1%}) break a rule ({reasons})"


def _joined_reasons(faults: pd.DataFrame) -> pd.Series:
    """The reasons of each row with "; " between them, by place in the file."""
    nth = faults.groupby("index").cumcount()
    joined = faults[nth == 0].set_index("index")["reason"].astype(object).sort_index()
    for n in range(1, int(nth.max()) + 1):
        further = faults[nth == n].set_index("index")["reason"]
        joined.loc[further.index] = joined.loc[further.index] + "; " + further
    return joined
