"""WANDS, the Wayfair annotation data set: Chen et al., ECIR 2022."""

from pathlib import Path

import pandas as pd

from tools.datasets.reading import as_number, as_text, find_file, read_text_table
from tools.datasets.rejections import Rejections
from tools.datasets.repeats import take_repeats
from tools.datasets.report import ImportReport, write_import

GAINS = {"Exact": 2.0, "Partial": 1.0, "Irrelevant": 0.0}
TEXT_COLUMNS = {
    "product_id": "item_id",
    "product_name": "title",
    "product_description": "description",
    "product_class": "item_class",
    "product_features": "features",
}
NUMBER_COLUMNS = ("rating_count", "average_rating", "review_count")
CATEGORY_NAMES = ("category hierarchy", "category_hierarchy")
"""The file writes a blank, its description an underscore."""


def import_wands(source: Path, out: Path) -> ImportReport:
    """Read query.csv, product.csv and label.csv (tab-separated) into `items` and `judgments`.

    Args:
        source: folder with the three published files.
        out: folder to write.

    Returns:
        Counts.

    Raises:
        InputError: a file or column is missing, or nothing is left.
    """
    rejections = Rejections()
    products = read_text_table(find_file(source, ["product.csv"]), [*TEXT_COLUMNS, *NUMBER_COLUMNS], separator="\t")
    items = pd.DataFrame({column: as_text(products[published]) for published, column in TEXT_COLUMNS.items()})
    category = next((name for name in CATEGORY_NAMES if name in products.columns), None)
    if category is not None:
        items["category"] = as_text(products[category])
    for column in NUMBER_COLUMNS:
        items[column] = as_number(products[column])
    items = rejections.take("product.csv", items, items["item_id"] == "", "product_id is empty")
    items = rejections.take("product.csv", items, items["title"] == "", "product_name is empty")
    items = rejections.take("product.csv", items, items.duplicated("item_id"), "repeats a product_id")

    read = read_text_table(find_file(source, ["query.csv"]), ["query_id", "query", "query_class"], separator="\t")
    queries = read[["query_id", "query", "query_class"]].apply(as_text)
    queries = rejections.take("query.csv", queries, queries["query"] == "", "query is empty")
    queries = rejections.take("query.csv", queries, queries.duplicated("query_id"), "repeats a query_id")
    queries = queries.set_index("query_id")

    labels = read_text_table(find_file(source, ["label.csv"]), ["query_id", "product_id", "label"], separator="\t")
    query_id, label = as_text(labels["query_id"]), as_text(labels["label"])
    judgments = pd.DataFrame(
        {
            "query": query_id.map(queries["query"]).fillna("").astype(str),
            "item_id": as_text(labels["product_id"]),
            "relevance": label.map(GAINS).astype("float64"),
            "label": label,
            "query_id": query_id,
            "query_class": query_id.map(queries["query_class"]).fillna("").astype(str),
        }
    )
    judgments = rejections.take("label.csv", judgments, judgments["query"] == "", "query_id is not in query.csv")
    reason = "label is not one of Exact, Partial, Irrelevant"
    judgments = rejections.take("label.csv", judgments, judgments["relevance"].isna(), reason)
    lost = ~judgments["item_id"].isin(items["item_id"])
    judgments = rejections.take("label.csv", judgments, lost, "product_id is not in product.csv or has no name there")
    judgments = take_repeats(judgments, "label.csv", rejections)
    return write_import("wands", out, {"items": items, "judgments": judgments}, rejections)
