"""The files of a request log: one is open, the others are complete."""

import csv
import gzip
import io
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shelfrank_client.request_log_rows import COLUMNS

try:
    import fcntl
except ImportError:  # Windows: what a process leaves open there stays as it is
    fcntl = None  # type: ignore[assignment]

OPEN, MAKING = ".open", ".making"
_END = "\r\n"
_PIECE = 1 << 20
_LEVEL = 1


class Parts:
    """Writes rows to ``.<name>.csv.open``, which becomes ``<name>.csv.gz`` once it is complete.

    An open part is locked, so that another process can tell it from one that was left behind. Not for several threads.

    Args:
        folder: of all parts.
        most_bytes: of the rows of a part, before they are compressed.
        most_seconds: that a part is open.
    """

    def __init__(self, folder: Path, most_bytes: int, most_seconds: float) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._process = uuid.uuid4().hex[:12]
        self._number = 0
        self._columns = list(COLUMNS)
        self._file: Any = None
        self._size = 0
        self._ends = 0.0

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Write the rows of a page, all or none of them, where a process that is killed does not lose them.

        Raises:
            OSError: of the disk.
        """
        rows = list(rows)
        new = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in self._columns]
        if new:
            self.finish()
            self._columns += sorted(new)
        if self._file is None:
            self._begin()
        self._append([[row.get(name, "") for name in self._columns] for row in rows])
        if self._size >= self._most_bytes:
            self.finish()

    def left(self) -> float | None:
        """Seconds until the open part is to be finished; None where there is none."""
        return None if self._file is None else max(self._ends - time.monotonic(), 0.0)

    def finish(self) -> None:
        """Complete the open part.

        Raises:
            OSError: of the disk; the part stays under its other name, for the next `recover`.
        """
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                _complete(Path(file.name))

    def _begin(self) -> None:
        self._number += 1
        started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = self._folder / f".{started}-{self._process}-{self._number:06d}.csv{OPEN}"
        # Without a buffer: what was written is the system's, and outlives the process.
        file = path.open("xb", buffering=0)
        _lock(file)
        self._file, self._size, self._ends = file, 0, time.monotonic() + self._most_seconds
        self._append([self._columns])

    def _append(self, rows: list[list[str]]) -> None:
        data = _csv(rows)
        try:
            if self._file.write(data) != len(data):
                raise OSError(f"{self._file.name}: the disk took a part of the rows only")
        except OSError:
            self._undo()
            raise
        self._size += len(data)

    def _undo(self) -> None:
        """Take half a page out of the file; where that fails too, the next `recover` does it."""
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
            if self._size:
                return
            Path(self._file.name).unlink()
        except OSError:
            pass
        file, self._file = self._file, None
        file.close()


def recover(folder: Path) -> int:
    """Complete the parts that processes left open which are no more; the page that was being written is left out.

    Args:
        folder: of the parts.

    Returns:
        How many parts were completed.

    Raises:
        OSError: of the disk.
    """
    if fcntl is None:
        return 0
    completed = 0
    for path in sorted(folder.glob(f".*.csv{OPEN}")):
        try:
            file = path.open("r+b")
        except FileNotFoundError:  # another process was faster
            continue
        with file:
            # It may have been completed between the two.
            if not _lock(file) or not path.exists():
                continue
            whole = _whole_pages(file.read())
            file.truncate(len(whole))
            completed += _complete(path)
    return completed


def _complete(path: Path) -> bool:
    """Give a part its name, compressed; one without rows is removed. The caller holds its lock."""
    there = path.stat().st_size > 0
    if there:
        name = path.name[1:].removesuffix(OPEN) + ".gz"
        making = path.with_name(f".{name}{MAKING}")
        with path.open("rb") as rows, making.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw) as packed:
            shutil.copyfileobj(rows, packed, _PIECE)
        os.replace(making, path.with_name(name))
    path.unlink()
    return there


def _whole_pages(data: bytes) -> bytes:
    """A part without the page at its end that was not written to the end, and empty where no other is left."""
    end = len(data)
    # An end of line within quotes is one of a query.
    while end and not (data[:end].endswith(b"\r\n") and data.count(b'"', 0, end) % 2 == 0):
        end = data.rfind(b"\r\n", 0, end - 1) + 2 if b"\r\n" in data[: end - 1] else 0
    rows = list(csv.reader(io.StringIO(data[:end].decode(errors="replace"), newline="")))
    if end < len(data):
        torn = rows[-1][0] if len(rows) > 1 else None
        while len(rows) > 1 and rows[-1][0] == torn:
            rows.pop()
        return _csv(rows) if len(rows) > 1 else b""
    return data if len(rows) > 1 else b""


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    # With both characters in the end of line, either of them in a query is put into quotes.
    csv.writer(text, lineterminator=_END).writerows(rows)
    return text.getvalue().replace("\0", "").encode(errors="replace")


def _lock(file: Any) -> bool:
    """Lock a file until it is closed; whether no other process has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
