"""Pages made from a table of items, for a model of which nothing was recorded yet."""

from pathlib import Path

import numpy as np
import pandas as pd

from shelfrank_client import PageQuery
from trainer.data.tables import read_table
from trainer.errors import InputError

WORDS = 3


def made_pages(
    items: Path, queries: Path | None, candidates: int, count: int, seed: int
) -> tuple[list[PageQuery], list[str]]:
    """Make pages of items drawn from the whole table.

    Args:
        items: a table with ``item_id``, and ``title`` where no queries are given.
        queries: a table with a column ``query``, or a text file with one a line; None takes the first words of titles.
        candidates: N of a page; as many as there are items where that is less.
        count: P, how many pages.
        seed: of the drawing.

    Returns:
        The pages, and the item ids.

    Raises:
        InputError: if a file can't be read, or holds no query or no item.
    """
    table = read_table(items, ["item_id"] if queries is not None else ["item_id", "title"])
    ids = table["item_id"].dropna().astype(str).drop_duplicates().to_numpy(object)
    texts = read_queries(queries) if queries is not None else _first_words(table["title"])
    if not len(ids) or not len(texts):
        raise InputError(f"{items}: holds no {'item id' if not len(ids) else 'title'}; give another table of items")
    random = np.random.default_rng(seed)
    drawn = random.choice(texts, count)
    size = min(candidates, len(ids))
    return [
        PageQuery(query, random.choice(ids, size, replace=False).tolist()) for query in drawn.tolist()
    ], ids.tolist()


def read_queries(path: Path) -> np.ndarray:
    """Queries of a file, object [Q].

    Raises:
        InputError: if it can't be read or holds none.
    """
    if path.suffix == ".txt":
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            raise InputError(f"--queries {path}: can't be read ({reason})") from None
        found = [line.strip() for line in lines if line.strip()]
    else:
        found = read_table(path, ["query"])["query"].dropna().astype(str).tolist()
    if not found:
        raise InputError(f"--queries {path}: holds no query")
    return np.array(found, dtype=object)


def _first_words(titles: pd.Series) -> np.ndarray:
    words = titles.dropna().astype(str).str.split().str[:WORDS].str.join(" ")
    return words[words != ""].to_numpy(object)
