"""Amazon Shopping Queries (ESCI): Reddy et al., 2022, arXiv:2206.06588."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow
from pyarrow import parquet

from tools.datasets.reading import as_text, find_file
from tools.datasets.rejections import Rejections
from tools.datasets.repeats import take_repeats
from tools.datasets.report import ImportReport, write_import
from trainer.errors import InputError

EXAMPLES = "shopping_queries_dataset_examples.parquet"
PRODUCTS = "shopping_queries_dataset_products.parquet"
GAINS = {"E": 3.0, "S": 2.0, "C": 1.0, "I": 0.0}
"""Exact, substitute, complement, irrelevant."""
EXAMPLE_COLUMNS = ["query", "query_id", "product_id", "product_locale", "esci_label", "split"]
PRODUCT_COLUMNS = {
    "product_id": "item_id",
    "product_title": "title",
    "product_description": "description",
    "product_bullet_point": "bullet_points",
    "product_brand": "brand",
    "product_color": "colour",
    "product_locale": "locale",
}


def import_esci(
    source: Path,
    out: Path,
    locales: Sequence[str] = ("us",),
    version: Literal["small", "large"] = "large",
    split: str | None = None,
) -> ImportReport:
    """Read the published parquet files into `items` and `judgments`.

    An item is a product in a locale. With one locale its id is the product id; with several it is
    `locale:product`, as one product can have a text in each. Only judged products become items.

    Args:
        source: folder with the two published files.
        out: folder to write.
        locales: `us`, `es`, `jp`: which to keep.
        version: `small` (the harder queries, made for ranking) or `large` (all).
        split: `train` or `test`: which to keep; both by default, told apart by the column `split`.

    Returns:
        Counts; rows outside of the filters are counted in its notes.

    Raises:
        InputError: a file or column is missing, or nothing is left.
    """
    rejections = Rejections()
    examples_path, products_path = find_file(source, [EXAMPLES]), find_file(source, [PRODUCTS])
    flag = f"{version}_version"
    examples = _read(examples_path, [*EXAMPLE_COLUMNS, flag])
    locale = as_text(examples["product_locale"])
    unknown = sorted(set(locales) - set(locale))
    if unknown:
        raise InputError(
            f"{examples_path}: no row has the locale {unknown[0]!r}; it has {', '.join(sorted(set(locale)))}"
        )
    inside = locale.isin(list(locales)) & (pd.to_numeric(examples[flag], errors="coerce") == 1)
    if split is not None:
        inside &= as_text(examples["split"]) == split
    kept = examples[inside]
    judgments = pd.DataFrame(
        {
            "query": as_text(kept["query"]),
            "item_id": _item_ids(kept, locales),
            "relevance": as_text(kept["esci_label"]).str.upper().map(GAINS).astype("float64"),
            "esci_label": as_text(kept["esci_label"]),
            "query_id": as_text(kept["query_id"]),
            "split": as_text(kept["split"]),
        }
    )
    name = examples_path.name
    judgments = rejections.take(name, judgments, judgments["query"] == "", "query is empty")
    judgments = rejections.take(name, judgments, judgments["relevance"].isna(), "esci_label is not one of E, S, C, I")

    products = _read(products_path, list(PRODUCT_COLUMNS), locales)
    items = pd.DataFrame({column: as_text(products[published]) for published, column in PRODUCT_COLUMNS.items()})
    items["item_id"] = _item_ids(products, locales)
    judged = items["item_id"].isin(judgments["item_id"])
    not_judged = int((~judged).sum())
    items = items[judged]
    items = rejections.take(products_path.name, items, items["title"] == "", "product_title is empty")
    items = rejections.take(products_path.name, items, items.duplicated("item_id"), "repeats a product of its locale")
    lost = ~judgments["item_id"].isin(items["item_id"])
    judgments = rejections.take(name, judgments, lost, f"product is not in {PRODUCTS} or has no title there")
    judgments = take_repeats(judgments, name, rejections)
    notes = {
        "examples outside of the filters": int((~inside).sum()),
        "products without a judgment": not_judged,
    }
    return write_import("esci", out, {"items": items, "judgments": judgments}, rejections, notes)


def _read(path: Path, columns: list[str], locales: Sequence[str] | None = None) -> pd.DataFrame:
    """Some columns of a parquet file; of the large products file only the wanted locales come into memory."""
    try:
        held = parquet.read_schema(path).names
        missing = [column for column in columns if column not in held]
        if missing:
            raise InputError(f"{path}: has no column {', '.join(map(repr, missing))}; it has {', '.join(held)}")
        wanted = None if locales is None else [("product_locale", "in", list(locales))]
        return parquet.read_table(path, columns=columns, filters=wanted).to_pandas().reset_index(drop=True)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no readable parquet file ({' '.join(str(error).split())})") from error


def _item_ids(frame: pd.DataFrame, locales: Sequence[str]) -> pd.Series:
    product = as_text(frame["product_id"])
    return product if len(locales) == 1 else as_text(frame["product_locale"]) + ":" + product
