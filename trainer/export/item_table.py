"""The item table inside the bundle: from ids to vectors, features and tokens."""

from pathlib import Path

import numpy as np
import tensorflow as tf


class ItemTable(tf.Module):
    """Looks items up by id. The last row stands for unknown items: no text, features missing.

    Args:
        ids: the item ids, [I].
        vectors: unit vectors of their texts, float32 [I, D].
        features: preprocessed, by name [I, ...].
        unknown: preprocessed features of an item of which nothing is known, by name [1, ...].
        tokens: packed texts int32 [I, L] where query and item are encoded in one sequence, else None.
        empty: the packed empty text, int32 [1, L].
        folder: where the file of ids is written until the bundle is saved.
        columns: columns that the score names, by name float32 [I], NaN where missing.
    """

    def __init__(
        self,
        ids: np.ndarray,
        vectors: np.ndarray,
        features: dict[str, np.ndarray],
        unknown: dict[str, np.ndarray],
        tokens: np.ndarray | None,
        empty: np.ndarray,
        folder: Path,
        columns: dict[str, np.ndarray] | None = None,
    ) -> None:
        super().__init__(name="item_table")
        file = folder / "item_ids.txt"
        file.write_text("".join(f"{item}\n" for item in ids), encoding="utf-8")
        self.ids = tf.saved_model.Asset(str(file))
        # Look-up by line number: an asset has no size limit, constants in the graph have one of 2 GB.
        self.rows = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                self.ids,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=len(ids),
        )
        self.unknown_row = len(ids)
        self.vectors = _frozen(np.concatenate([vectors, np.zeros((1, vectors.shape[1]), np.float32)]), "vectors")
        self.features = {
            name: _frozen(np.concatenate([values, unknown[name]]), name) for name, values in features.items()
        }
        self.columns = {
            name: _frozen(np.append(values, np.float32(np.nan)), f"column_{name}")
            for name, values in (columns or {}).items()
        }
        self.tokens = None if tokens is None else _frozen(np.concatenate([tokens, empty]), "tokens")

    def find(self, ids: tf.Tensor) -> tf.Tensor:
        """Rows of ids, int64 of the same shape; the last row where an id is unknown."""
        return self.rows.lookup(ids)

    @property
    def bytes(self) -> int:
        """What the table weighs in memory, without the ids."""
        held = [
            self.vectors,
            *self.features.values(),
            *self.columns.values(),
            *([] if self.tokens is None else [self.tokens]),
        ]
        return sum(v.dtype.size * int(np.prod(v.shape)) for v in held)


def _frozen(values: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, name=name)
