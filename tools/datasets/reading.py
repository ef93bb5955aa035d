"""Reading published files with every fault named in one line."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow
from pyarrow import parquet

from trainer.errors import InputError


def find_file(folder: Path, names: Iterable[str]) -> Path:
    """The first of several file names that is in a folder.

    Args:
        folder: where the published files lie.
        names: accepted names, the preferred one first.

    Returns:
        The path of the file found.

    Raises:
        InputError: the folder is missing or has none of them.
    """
    names = list(names)
    folder = Path(folder)
    if not folder.exists():
        raise InputError(f"{folder}: no such file or folder; give the folder that holds {names[0]}")
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file, expected the folder that holds {names[0]}")
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder}: has no {' or '.join(names)}; give the folder with the published files")


def read_text_table(path: Path, columns: Iterable[str], separator: str | None = None) -> pd.DataFrame:
    """A CSV, CSV.gz, TSV or parquet file with every value of a CSV as text.

    Nothing is guessed: ids keep leading zeros, a query of "null" stays a query, an empty field is "".

    Args:
        path: the file.
        columns: columns that must be there; others are kept as well.
        separator: field separator of a CSV; by default a tab for `.tsv`, else a comma.

    Returns:
        The table, with a fresh index 0..n-1.

    Raises:
        InputError: no such file, not UTF-8, no rows, broken rows, or a missing column.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a CSV, CSV.gz or parquet file")
    try:
        if path.suffix == ".parquet":
            frame = parquet.read_table(path).to_pandas()
        else:
            tab = path.name.removesuffix(".gz").endswith(".tsv")
            frame = pd.read_csv(
                path,
                sep=separator or ("\t" if tab else ","),
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
            )
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 ({error.reason} at byte {error.start}); convert it first") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: is empty, expected a header line and rows") from error
    except (pd.errors.ParserError, pyarrow.ArrowException, EOFError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read ({reason}); is it complete?") from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        held = ", ".join(map(str, frame.columns))
        raise InputError(f"{path}: has no column {', '.join(map(repr, missing))}; it has {held}")
    if frame.empty:
        raise InputError(f"{path}: has a header but no rows")
    return frame.reset_index(drop=True)


def as_text(values: pd.Series) -> pd.Series:
    """Values as clean text: ids without a trailing `.0`, missing values as "", outer blanks cut.

    Args:
        values: any column.

    Returns:
        The column as str.
    """
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("string").fillna("").str.strip().astype(str)


def as_number(values: pd.Series) -> pd.Series:
    """Values as float64, NaN where they are not a finite number.

    Args:
        values: any column.

    Returns:
        The column as float64.
    """
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(numbers.abs() < float("inf"))


def as_time(values: pd.Series) -> pd.Series:
    """Values as UTC time, NaT where they are none.

    Args:
        values: ISO 8601 text (without a zone: UTC) or milliseconds since 1970.

    Returns:
        The column as datetime64[us, UTC].
    """
    text = as_text(values)
    epoch = text.str.fullmatch(r"\d{12,13}")
    times = pd.to_datetime(text.where(~epoch), errors="coerce", utc=True, format="ISO8601").dt.as_unit("us")
    if epoch.any():
        millis = pd.to_datetime(text[epoch].astype("int64"), unit="ms", utc=True).dt.as_unit("us")
        times = times.where(~epoch, millis.reindex(times.index))
    return times
