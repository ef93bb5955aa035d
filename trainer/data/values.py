"""Raw columns as typed columns: ids, labels, times, numbers, vectors and lists. What can't be read becomes missing."""

import json
from typing import Any

import numpy as np
import pandas as pd

MISSING_NUMBERS = {"", "na", "n/a", "nan", "null", "none"}
LABELS = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}
LATEST = pd.Timestamp("2200-01-01", tz="UTC")


def as_text(values: pd.Series) -> pd.Series:
    """Values as text, missing where there is none.

    Args:
        values: any column; whole floats lose their ``.0``, booleans become ``true`` and ``false``.

    Returns:
        Column of str, None where missing or empty.
    """
    if pd.api.types.is_bool_dtype(values):
        values = values.map({True: "true", False: "false"})
    elif pd.api.types.is_float_dtype(values):
        whole = values.dropna() % 1 == 0
        if whole.all():
            values = values.astype("Int64")
    present = values.notna().to_numpy()
    text = values.astype(object).where(present, "").astype(str).to_numpy(object)
    return pd.Series([v or None for v in text], index=values.index, name=values.name, dtype="object")


def as_number(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Values as float64.

    Args:
        values: any column.

    Returns:
        The numbers, NaN where missing; and where a value is there that is no finite number, bool.
    """
    numbers = pd.to_numeric(_scalars(values), errors="coerce").astype("float64")
    finite = numbers.abs() < np.inf
    absent = values.isna()
    if not pd.api.types.is_numeric_dtype(values):
        absent = absent | _scalars(values).astype(str).str.strip().str.lower().isin(MISSING_NUMBERS)
    return numbers.where(finite), ~finite & ~absent


def as_label(values: pd.Series) -> pd.Series:
    """0, 1, true, false in any spelling as 0.0 and 1.0; NaN for everything else."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("float64")
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64")
        return numbers.where(numbers.isin([0.0, 1.0]))
    return _scalars(values).astype(str).str.strip().str.lower().map(LABELS).astype("float64")


def as_optional_label(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Labels of which some may be missing.

    Args:
        values: any column; what `as_label` and `as_number` can read.

    Returns:
        0.0, 1.0, or NaN where missing; and where a value is there that is neither 0 nor 1, bool.
    """
    labels = as_label(values)
    numbers, unreadable = as_number(values.astype("float64") if pd.api.types.is_bool_dtype(values) else values)
    return labels, labels.isna() & (numbers.notna() | unreadable)


def as_time(values: pd.Series) -> pd.Series:
    """Times in UTC.

    Args:
        values: ISO 8601 text, seconds since 1970, or datetimes; without a zone they are UTC.

    Returns:
        datetime64[us, UTC], NaT where there is no time between 1970 and 2200.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        times = pd.to_datetime(values, utc=True)
    else:
        plain = _scalars(values)
        seconds = pd.to_numeric(plain, errors="coerce").astype("float64")
        seconds = seconds.where(seconds.between(0, LATEST.timestamp()))
        micro = (seconds * 1e6).round().astype("Int64")
        written = plain.where(pd.to_numeric(plain, errors="coerce").isna())
        times = pd.to_datetime(micro, unit="us", utc=True).dt.as_unit("us")
        if written.notna().any():
            read = pd.to_datetime(written, errors="coerce", utc=True, format="ISO8601").dt.as_unit("us")
            times = times.where(read.isna(), read)
    times = times.dt.as_unit("us")
    return times.where((times >= pd.Timestamp(0, tz="UTC")) & (times < LATEST))


def as_vectors(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Vectors of finite numbers.

    Args:
        values: lists or arrays of numbers, or their JSON text.

    Returns:
        float32 arrays, None where missing; and where a value is there that is no vector, bool.
    """
    read = [_vector(v) for v in values]
    vectors = pd.Series(read, index=values.index, name=values.name, dtype=object)
    return vectors, vectors.isna() & ~_absent(values)


def as_id_lists(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Lists of ids.

    Args:
        values: lists or arrays of ids, or text: a JSON list, or ids with spaces between.

    Returns:
        Lists of str, empty where missing; and where a value is there that is no list, bool.
    """
    read = [_id_list(v) for v in values]
    bad = np.array([r is None for r in read], bool)
    lists = pd.Series([r or [] for r in read], index=values.index, name=values.name, dtype=object)
    return lists, pd.Series(bad, index=values.index)


def _scalars(values: pd.Series) -> pd.Series:
    """Lists and arrays, which no conversion can read, as text."""
    if values.dtype != object:
        return values
    nested = values.map(lambda v: isinstance(v, list | dict | np.ndarray)).to_numpy(bool)
    return values.mask(nested, "a list") if nested.any() else values


def _absent(values: pd.Series) -> pd.Series:
    return pd.Series([v is None or (np.ndim(v) == 0 and pd.isna(v)) for v in values], index=values.index, dtype=bool)


def _vector(value: Any) -> np.ndarray | None:
    if isinstance(value, str):
        value = _json(value)
    if not isinstance(value, list | tuple | np.ndarray) or not len(value):
        return None
    try:
        vector = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        return None
    return vector if vector.ndim == 1 and np.isfinite(vector).all() else None


def _id_list(value: Any) -> list[str] | None:
    if value is None or (np.ndim(value) == 0 and pd.isna(value)):
        return []
    if isinstance(value, str):
        value = _json(value) if value.lstrip().startswith("[") else value.split()
    elif isinstance(value, int | float | np.number):
        value = [int(value) if float(value).is_integer() else value]
    if not isinstance(value, list | tuple | np.ndarray):
        return None
    return [str(v) for v in value if v is not None and v != ""]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
