"""Rows that an importer cannot use, with the reason of each."""

from pathlib import Path

import pandas as pd


class Rejections:
    """Collects rejected rows until they are written to `rejected.csv`."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def take(self, source: str, frame: pd.DataFrame, bad: pd.Series, reason: str) -> pd.DataFrame:
        """Move the bad rows out of a frame.

        Args:
            source: name of the file that the rows come from.
            frame: rows whose index is their place in the file, counted from 0.
            bad: bool, one per row of `frame`.
            reason: why they cannot be used.

        Returns:
            The other rows.
        """
        if bad.any():
            rows = frame[bad]
            head = pd.DataFrame({"file": source, "row": rows.index + 1, "reason": reason}, index=rows.index)
            clash = {name: f"{name}_" for name in head.columns if name in rows.columns}
            self._parts.append(pd.concat([head, rows.rename(columns=clash)], axis=1))
        return frame[~bad]

    def reasons(self) -> dict[str, int]:
        """How many rows each reason took.

        Returns:
            Counts by reason, the most frequent first.
        """
        if not self._parts:
            return {}
        counts = pd.concat([part["reason"] for part in self._parts]).value_counts(sort=True)
        return {str(reason): int(count) for reason, count in counts.items()}

    def write(self, path: Path) -> None:
        """Write them as CSV: file, row (1 is the first after the header), reason, and the row's own columns.

        Args:
            path: the file to write; with no rejected rows it holds the header only.
        """
        head = pd.DataFrame({"file": [], "row": [], "reason": []})
        frame = pd.concat(self._parts, ignore_index=True) if self._parts else head
        frame.to_csv(path, index=False)
