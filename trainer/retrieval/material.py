"""What the towers are trained on, as files: the child process reads arrays, not a run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig, RetrievalConfig

ARRAYS, FACTS = "arrays.npz", "facts.json"
SPLITS = ("train", "valid", "test")
USER, ITEM = "user.", "item."


@dataclass(frozen=True)
class Material:
    """Arrays of items, pages and clicks.

    Attributes:
        config: of the towers.
        seed: of weights, order and negatives.
        item_features: declared, those that the tower reads.
        user_features: declared, those that the tower reads.
        statistics: of the features, by table (``items``, ``users``) and name.
        item_ids: by row, str [I].
        known_items: ids with a vector of their own.
        known_users: ids with a vector of their own.
        arrays: ``item_text`` float32 [I, D], ``query_text`` float32 [Q, D], of pages ``query`` (row in ``query_text``),
            ``user`` (row in ``known_users`` plus 1, 0 unknown) int64 [P], ``history`` int64 [P, H]; of clicks ``page``,
            ``item`` int64 [M], ``weight`` float32 [M]; ready features ``item.<name>`` [I, ...] and ``user.<name>``
            [P, ...]; ``train``, ``valid``, ``test``: clicks of the splits.
    """

    config: RetrievalConfig
    seed: int
    item_features: list[FeatureConfig]
    user_features: list[FeatureConfig]
    statistics: dict[str, dict[str, Any]]
    item_ids: list[str]
    known_items: list[str]
    known_users: list[str]
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def features(self, prefix: str, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Ready features of rows, by name, for the prefix `USER` or `ITEM`."""
        return {
            name.removeprefix(prefix): values[rows] for name, values in self.arrays.items() if name.startswith(prefix)
        }

    @property
    def known_row(self) -> np.ndarray:
        """Row in ``known_items`` plus 1 of each item, int64 [I]; 0 for the others."""
        return rows_of(self.known_items, self.item_ids)

    @property
    def training_counts(self) -> np.ndarray:
        """Training clicks of each item, int64 [I]."""
        return np.bincount(self["item"][self["train"]], minlength=len(self.item_ids))

    def save(self, folder: Path) -> None:
        """Write everything into an existing folder."""
        with (folder / ARRAYS).open("wb") as file:
            np.savez(file, **self.arrays)  # type: ignore[arg-type]
        facts = {
            "config": self.config.model_dump(),
            "seed": self.seed,
            "item_features": [f.model_dump() for f in self.item_features],
            "user_features": [f.model_dump() for f in self.user_features],
            "statistics": self.statistics,
            "item_ids": self.item_ids,
            "known_items": self.known_items,
            "known_users": self.known_users,
        }
        (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Material":
        """Read what `save` wrote."""
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS) as arrays:
            held = {name: arrays[name] for name in arrays.files}
        facts["config"] = RetrievalConfig.model_validate(facts["config"])
        for key in ("item_features", "user_features"):
            facts[key] = [FeatureConfig.model_validate(feature) for feature in facts[key]]
        return cls(**facts, arrays=held)


def rows_of(known: Sequence[str] | np.ndarray, values: Sequence[str] | np.ndarray) -> np.ndarray:
    """Rows of values in a list plus 1, int64; 0 for those that it lacks."""
    return pd.Index(known, dtype=object).get_indexer(pd.Index(values, dtype=object)).astype(np.int64) + 1
