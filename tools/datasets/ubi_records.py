"""Reading User Behavior Insights records: bulk files, dumps and archives."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pandas as pd

from trainer.errors import InputError

SUFFIXES = (".ndjson", ".jsonl", ".json", ".gz", ".zip")
SHOWN = 200
"""Characters of a rejected line that are kept."""


@dataclass
class UbiRecords:
    """Queries and events as they were logged.

    Attributes:
        queries: records of `ubi_queries`, each with `_file` and `_row`.
        events: records of `ubi_events`, likewise.
        broken: lines that are neither, with `file`, `row`, `reason` and `text`.
    """

    queries: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    broken: list[dict[str, Any]] = field(default_factory=list)

    def broken_frame(self) -> pd.DataFrame:
        """The broken lines as a table."""
        return pd.DataFrame(self.broken, columns=["file", "row", "reason", "text"])


def read_ubi(source: Path) -> UbiRecords:
    """Read every record of a file or folder.

    Four forms are understood, line by line: bulk requests (an `index` or `create` line before each document),
    the index name, a tab and the document, dumps with `_index` and `_source`, and bare documents.

    Args:
        source: .ndjson, .jsonl or .json, plain, .gz or .zip; or a folder of them.

    Returns:
        The records in file order.

    Raises:
        InputError: nothing to read, a damaged archive, or text that is not UTF-8.
    """
    source = Path(source)
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; give UBI records (.ndjson, .json, .gz, .zip)")
    files = sorted(p for p in source.iterdir() if p.suffix in SUFFIXES) if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: holds no file that ends in {', '.join(SUFFIXES)}")
    records = UbiRecords()
    for path in files:
        try:
            for name, stream in _streams(path):
                _read_lines(name, stream, records)
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: is not UTF-8 ({error.reason}); convert it first") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise InputError(f"{path}: cannot be read ({error}); is it complete?") from error
    if not records.queries and not records.events:
        first = f" (first line: {records.broken[0]['reason']})" if records.broken else ""
        raise InputError(f"{source}: holds no UBI query or event{first}")
    return records


def _streams(path: Path) -> Iterator[tuple[str, IO[str]]]:
    with ExitStack() as stack:
        if path.suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(path))
            for member in archive.infolist():
                if not member.is_dir():
                    raw = stack.enter_context(archive.open(member))
                    yield f"{path.name}/{member.filename}", io.TextIOWrapper(raw, encoding="utf-8")
        elif path.suffix == ".gz":
            yield path.name, stack.enter_context(gzip.open(path, "rt", encoding="utf-8"))
        else:
            yield path.name, stack.enter_context(path.open(encoding="utf-8"))


def _read_lines(name: str, stream: IO[str], records: UbiRecords) -> None:
    index = ""
    for row, line in enumerate(stream, start=1):
        text = line.strip()
        if not text:
            continue
        if not text.startswith("{"):
            index, _, text = text.partition("\t")
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            records.broken.append({"file": name, "row": row, "reason": "is no JSON object", "text": line[:SHOWN]})
            index = ""
            continue
        action = document.get("index") or document.get("create")
        if len(document) == 1 and isinstance(action, dict):
            index = str(action.get("_index", ""))
            continue
        if isinstance(document.get("_source"), dict):
            index, document = str(document.get("_index", "")), document["_source"]
        record = {**document, "_file": name, "_row": row}
        if "action_name" in document and "queries" not in index:
            records.events.append(record)
        elif "user_query" in document and "events" not in index:
            records.queries.append(record)
        else:
            reason = "is neither a UBI query nor an event"
            records.broken.append({"file": name, "row": row, "reason": reason, "text": line[:SHOWN]})
        index = ""
