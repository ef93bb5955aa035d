"""Reading CSV, CSV.gz and Parquet files with every fault of the file named in one line."""

import gzip
import warnings
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from trainer.data.parts import SUFFIXES, parts_of
from trainer.errors import InputError

KINDS = ", ".join(SUFFIXES)


def read_table(path: Path, columns: Iterable[str] = (), parts: list[Path] | None = None) -> pd.DataFrame:
    """Read one table.

    Of a CSV every value is text: ids keep their leading zeros, the query ``null`` stays a query. An empty field is
    missing.

    Args:
        path: a file that ends in .csv, .csv.gz or .parquet, or parts of a table, as `parts_of` finds them.
        columns: columns that must be there; others are kept.
        parts: what `parts_of` found; looked up where not given.

    Returns:
        The rows in the order of the file, index 0..rows-1. Parts follow each other; a column that one of them lacks is
        missing there.

    Raises:
        InputError: if the file is missing, empty, damaged, of another kind or not UTF-8, or a column is missing or
            there twice.
    """
    path = Path(path)
    parts = parts_of(path) if parts is None else parts
    if not parts:
        what = "is a folder without tables" if path.is_dir() else "no file fits this pattern"
        raise InputError(f"{path}: {what}; expected {KINDS} files")
    frame = _read_file(path) if parts == [path] else _joined(parts)
    faults = [missing_columns(path, frame, columns)] if set(columns) - set(frame.columns) else []
    if frame.empty and not faults:
        faults = [f"{path}: has column names but no rows"]
    if faults:
        raise InputError("; ".join(faults))
    return frame


def _joined(parts: list[Path]) -> pd.DataFrame:
    """Parts as one table; the faults of all of them are named."""
    frames, faults = [], []
    for part in parts:
        try:
            frames.append(_read_file(part))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("; ".join(faults))
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def _read_file(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a {KINDS} file")
    if not path.name.endswith(SUFFIXES):
        raise InputError(f"{path}: unknown kind of file; expected a name that ends in {KINDS}")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes); expected a table with column names and rows")
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def missing_columns(path: Path, frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """The fault in words: which columns are missing, which there are."""
    missing = [repr(c) for c in dict.fromkeys(columns) if c not in frame.columns]
    held = ", ".join(map(repr, frame.columns))
    return f"{path}: no column {', '.join(missing)}; the file has {held}"


def _read_csv(path: Path) -> pd.DataFrame:
    compression: Literal["gzip"] | None = "gzip" if path.suffix == ".gz" else None
    try:
        header = pd.read_csv(
            path, header=None, nrows=1, dtype=str, keep_default_na=False, encoding="utf-8-sig", compression=compression
        )
        _no_duplicates(path, header.iloc[0].tolist())
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                index_col=False,
                skip_blank_lines=len(header.columns) > 1,
                compression=compression,
            )
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 ({_where_not_utf8(path)}); convert the file to UTF-8") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty; expected a header line and rows") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = " ".join(str(error).removeprefix("Error tokenizing data. C error:").split())
        raise InputError(f"{path}: is no proper CSV ({reason})") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: can't be read, it may be damaged or cut off ({_one_line(error)})") from None


def _where_not_utf8(path: Path) -> str:
    """Line and offset of the first bytes that are no UTF-8; offsets count the uncompressed bytes."""
    offset = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number}, byte {offset + error.start}: 0x{line[error.start]:02x}"
            offset += len(line)
    return "at the end of the file"


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        _no_duplicates(path, parquet.read_schema(path).names)
        table = parquet.read_table(path, partitioning=None)
        table = _bytes_as_text(path, table)
        _check_text(path, table)
        return table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: holds text that is not UTF-8 ({_one_line(error)})") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: can't be read as Parquet, it may be damaged or cut off ({_one_line(error)})"
        ) from None


def _bytes_as_text(path: Path, table: pa.Table) -> pa.Table:
    """Text that was written as bytes becomes text."""
    for index, field in enumerate(table.schema):
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            try:
                table = table.set_column(index, field.name, table.column(index).cast(pa.large_string()))
            except pa.ArrowInvalid:
                raise InputError(f"{path}: column {field.name!r} holds bytes that are not UTF-8") from None
    return table


def _check_text(path: Path, table: pa.Table) -> None:
    """Reading trusts a file that its text is UTF-8; a wrong byte would only show once the value is used."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            if "UTF8" not in str(error):
                raise
            raise InputError(f"{path}: column {name!r} holds bytes that are not UTF-8") from None


def _no_duplicates(path: Path, names: list[str]) -> None:
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise InputError(f"{path}: column {', '.join(map(repr, double))} is there more than once; rename or drop one")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
