"""A plain file of human judgments."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tools.datasets.reading import as_number, as_text, read_text_table
from tools.datasets.rejections import Rejections
from tools.datasets.repeats import take_repeats
from tools.datasets.report import ImportReport, write_import
from trainer.errors import InputError


def import_judgments(
    source: Path,
    out: Path,
    columns: Mapping[str, str] | None = None,
    text: Sequence[str] = ("title",),
) -> ImportReport:
    """Split a table of judged pairs into `items` and `judgments`.

    Args:
        source: CSV, CSV.gz, TSV or parquet, one row a judged pair with the item's text.
        out: folder to write.
        columns: names in the file for `query`, `item_id`, `relevance` and the text columns, if others.
        text: text columns for `items`, `title` among them.

    Returns:
        Counts.

    Raises:
        InputError: the file or a column is missing, or nothing is left.
    """
    columns = dict(columns or {})
    if "title" not in text:
        raise InputError(f"text: {', '.join(text)} lacks 'title'; map it with title=COLUMN")
    names = {name: name for name in ("query", "item_id", "relevance", *text)}
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise InputError(f"columns: unknown name {unknown[0]!r}, expected one of {', '.join(names)}")
    names |= columns

    rejections = Rejections()
    frame = read_text_table(Path(source), names.values())
    table = pd.DataFrame({name: as_text(frame[column]) for name, column in names.items() if name != "relevance"})
    table["relevance"] = as_number(frame[names["relevance"]])
    file = Path(source).name
    for name in ("query", "item_id", "title"):
        table = rejections.take(file, table, table[name] == "", f"{names[name]} is empty")
    reason = f"{names['relevance']} is not a number"
    table = rejections.take(file, table, table["relevance"].isna(), reason)
    for name in text:
        other = table[name] != table.groupby("item_id")[name].transform("first")
        reason = f"{names[name]} differs from an earlier row of the same item"
        table = rejections.take(file, table, other, reason)
    items = table[["item_id", *text]].drop_duplicates("item_id")
    judgments = take_repeats(table[["query", "item_id", "relevance"]], file, rejections)
    return write_import("judgments", out, {"items": items, "judgments": judgments}, rejections)
