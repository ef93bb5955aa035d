"""The folder ``two_tower``: both towers and the vectors of all items."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from trainer.retrieval.material import ITEM, Material
from trainer.retrieval.served import ServedItemTower, ServedQueryTower
from trainer.retrieval.towers import ItemTower, QueryTower

QUERY_TOWER, ITEM_TOWER, ITEMS, FACTS = "query_tower", "item_tower", "items.parquet", "two_tower.json"
ITEMS_AT_ONCE = 8192


def write_artefact(
    folder: Path,
    query_tower: QueryTower,
    item_tower: ItemTower,
    material: Material,
    facts: dict[str, Any],
    scratch: Path,
) -> None:
    """Write trained towers.

    Args:
        folder: to be made.
        query_tower: trained.
        item_tower: trained.
        material: what they were trained on.
        facts: of the training, for ``two_tower.json``.
        scratch: a folder for files that the SavedModels copy.
    """
    folder.mkdir()
    tf.saved_model.save(ServedQueryTower(query_tower, material, scratch), str(folder / QUERY_TOWER))
    tf.saved_model.save(ServedItemTower(item_tower, material, scratch), str(folder / ITEM_TOWER))
    write_item_vectors(folder / ITEMS, material.item_ids, _item_vectors(item_tower, material))
    counts = {
        "items": len(material.item_ids),
        "known_items": len(material.known_items),
        "known_users": len(material.known_users),
        "queries": len(material["query_text"]),
        "clicks": {split: len(material[split]) for split in ("train", "valid", "test")},
    }
    written = {"settings": material.config.model_dump(), "seed": material.seed, "counts": counts, **facts}
    (folder / FACTS).write_text(json.dumps(written, indent=2), encoding="utf-8")


def write_item_vectors(path: Path, item_ids: Sequence[str], parts: Iterable[np.ndarray]) -> None:
    """Write ``item_id`` and ``vector`` (list of float32) as Parquet.

    Args:
        path: the file.
        item_ids: I of them.
        parts: the vectors, some rows after others, float32 [.., W].
    """
    schema = pa.schema({"item_id": pa.string(), "vector": pa.list_(pa.float32())})
    start = 0
    with pq.ParquetWriter(path, schema) as file:
        for part in parts:
            items, width = part.shape
            offsets = pa.array(np.arange(items + 1, dtype=np.int32) * width)
            vectors = pa.ListArray.from_arrays(offsets, pa.array(part.astype(np.float32).ravel()))
            ids = pa.array(item_ids[start : start + items], pa.string())
            file.write_table(pa.table([ids, vectors], schema))
            start += items


def _item_vectors(tower: ItemTower, material: Material) -> Iterator[np.ndarray]:
    known = material.known_row
    for start in range(0, len(known), ITEMS_AT_ONCE):
        rows = np.arange(start, min(start + ITEMS_AT_ONCE, len(known)))
        yield tower(material["item_text"][rows], known[rows], material.features(ITEM, rows)).numpy()


def read_item_vectors(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ids, str [I], and vectors, float32 [I, W], of such a file."""
    table = pq.read_table(path)
    flat = table["vector"].combine_chunks().flatten().to_numpy()
    return table["item_id"].to_numpy(), flat.reshape(table.num_rows, -1)
