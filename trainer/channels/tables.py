"""The tables that channels look up, in the rows of an items table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.channels.folder import COUNTS, NEIGHBOURS, POPULARITY, QUERY_MEMORY
from trainer.errors import InputError
from trainer.text.normalised import normalised

MOST = 1000
"""Items of a list, at most."""


@dataclass(frozen=True)
class ItemLists:
    """Lists of items, the best first.

    Attributes:
        rows: int32 [T, M], padded behind with the number of items.
        scores: float32 [T, M], 0 for padding.
    """

    rows: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class TextLists:
    """Lists of items by text.

    Attributes:
        texts: str [T - 1]; the last list is that of every other text.
        lists: T lists.
    """

    texts: np.ndarray
    lists: ItemLists


def read_neighbours(folder: Path, item_ids: np.ndarray) -> ItemLists:
    """Neighbours by row of the items table; the last list, of the padding row, is empty.

    Scores of a kind are divided by the largest of an item, and added up over the kinds.

    Args:
        folder: of the channels.
        item_ids: ids by row, str [I]; what the tables have beyond them is left out.

    Raises:
        InputError: if the table can't be read.
    """
    table = _read(folder / NEIGHBOURS, ["item_id", "neighbour_id", "score", "kind"])
    share = table["score"] / table.groupby(["item_id", "kind"])["score"].transform("max")
    index = pd.Index(item_ids)
    frame = pd.DataFrame(
        {"group": index.get_indexer(table["item_id"]), "row": index.get_indexer(table["neighbour_id"]), "score": share}
    )
    frame = frame[(frame["group"] >= 0) & (frame["row"] >= 0)]
    summed = frame.groupby(["group", "row"], as_index=False)["score"].sum()
    return item_lists(summed["group"], summed["row"], summed["score"], len(item_ids) + 1, len(item_ids))


def read_query_memory(folder: Path, item_ids: np.ndarray) -> TextLists:
    """Items by query; for other queries none. The arguments are those of `read_neighbours`."""
    table = _read(folder / QUERY_MEMORY, ["query", "item_id", "score"])
    return _by_text(table["query"], table, item_ids, "")


def read_popularity(folder: Path, item_ids: np.ndarray) -> TextLists:
    """Items by category; for other categories those of all. The arguments are those of `read_neighbours`."""
    table = _read(folder / POPULARITY, ["category", "item_id", "score"])
    return _by_text(table["category"].fillna(""), table, item_ids, None)


def read_counts(folder: Path, item_ids: np.ndarray) -> dict[str, np.ndarray]:
    """Impressions and clicks of the training log by row, float32 [I] each; 0 for items that it lacks.

    The arguments are those of `read_neighbours`.
    """
    table = _read(folder / COUNTS, ["item_id", "impressions", "clicks"]).set_index("item_id")
    return {name: table[name].reindex(item_ids).fillna(0).to_numpy(np.float32) for name in ("impressions", "clicks")}


def item_lists(group: pd.Series, row: pd.Series, score: pd.Series, groups: int, padding: int) -> ItemLists:
    """Lists of equal length.

    Args:
        group: number of the list, int [n].
        row: of the item, int [n].
        score: the higher the better; where equal the lower row comes first.
        groups: T.
        padding: the row that pads.
    """
    frame = pd.DataFrame({"group": group, "row": row, "score": score})
    frame = frame.sort_values(["group", "score", "row"], ascending=[True, False, True], kind="stable")
    place = frame.groupby("group").cumcount().to_numpy()
    width = min(int(place.max(initial=-1)) + 1, MOST)
    rows = np.full((groups, max(width, 1)), padding, np.int32)
    scores = np.zeros(rows.shape, np.float32)
    kept = place < MOST
    where = frame["group"].to_numpy()[kept], place[kept]
    rows[where] = frame["row"].to_numpy()[kept]
    scores[where] = frame["score"].to_numpy()[kept]
    return ItemLists(rows, scores)


def _by_text(texts: pd.Series, table: pd.DataFrame, item_ids: np.ndarray, none: str | None) -> TextLists:
    """Lists by text; the text ``""`` is the last list, unless it is ``none``."""
    known = normalised(tf.constant(texts.astype(str).to_numpy(object))).numpy() if len(texts) else np.zeros(0, object)
    names = pd.Series([text.decode() for text in known], dtype=object)
    frame = pd.DataFrame(
        {
            "text": names,
            "row": pd.Index(item_ids).get_indexer(table["item_id"]),
            "score": table["score"].to_numpy(),
        }
    )
    frame = frame[frame["row"] >= 0]
    if none is not None:
        frame = frame[frame["text"] != none]
    # Texts that differ in their spaces only are one.
    frame = frame.groupby(["text", "row"], sort=True)["score"].sum().reset_index()
    distinct = np.array(sorted(set(frame["text"]) - {""}), dtype=object)
    codes = pd.Index(distinct).get_indexer(frame["text"])
    group = pd.Series(np.where(codes < 0, len(distinct), codes))
    return TextLists(distinct, item_lists(group, frame["row"], frame["score"], len(distinct) + 1, len(item_ids)))


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=columns)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: can't be read ({' '.join(str(error).split())[:160]}); run `shelfrank channels` again"
        ) from None
