"""A small store as tables: 12 items, 6 users, 40 pages of 4 items, 8 judged queries."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trainer.config import Experiment

FEATURES = {
    "items": [
        {"name": "brand", "kind": "categorical", "min_count": 1},
        {"name": "price", "kind": "number", "scale": "log"},
        {"name": "image", "kind": "embedding"},
    ],
    "users": [{"name": "region", "kind": "categorical", "min_count": 1}, {"name": "history", "kind": "sequence"}],
    "context": [{"name": "device", "kind": "categorical", "min_count": 1}],
}


@dataclass
class Store:
    """Tables in memory, and the files that they are written to."""

    folder: Path
    items: pd.DataFrame
    users: pd.DataFrame
    search_log: pd.DataFrame
    judgments: pd.DataFrame

    def experiment(self, **data: Any) -> Experiment:
        """The experiment over the tables as they are now; keys of ``data`` and other sections may be given."""
        paths = {}
        for name in ("items", "users", "search_log", "judgments"):
            paths[name] = str(self.folder / f"{name}.csv")
            getattr(self, name).to_csv(paths[name], index=False)
        features, model, tasks = data.pop("features", FEATURES), data.pop("model", {}), data.pop("tasks", [])
        given = {"prepared": str(self.folder / "prepared"), "split": {"valid": 0.2, "test": 0.2}, **paths, **data}
        section = {key: value for key, value in given.items() if value is not None}
        return Experiment.model_validate(
            {"name": "store", "seed": 3, "data": section, "features": features, "model": model, "tasks": tasks}
        )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    random = np.random.default_rng(5)
    items = pd.DataFrame({"item_id": [f"00{n}" for n in range(12)], "title": [f"thing {n}" for n in range(12)]})
    items["brand"] = ["red", "blue", None] * 4
    items["price"] = [1.5 * (n + 1) for n in range(12)]
    items["image"] = [f"[{n}.0, 1, 0.5]" for n in range(12)]
    users = pd.DataFrame({"user_id": [f"u{n}" for n in range(6)], "region": ["north", "south"] * 3})
    pages = pd.DataFrame({"request_id": [f"r{n}" for n in range(40)]})
    pages["timestamp"] = pd.date_range("2025-03-01", periods=40, freq="h", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    pages["user_id"] = [f"u{n}" for n in random.integers(0, 6, 40)]
    pages["query"] = [f"query {n}" for n in random.integers(0, 10, 40)]
    pages["device"] = random.choice(["phone", "desk"], 40)
    log = pages.loc[pages.index.repeat(4)].reset_index(drop=True)
    log["item_id"] = np.concatenate([random.choice(items["item_id"], 4, replace=False) for _ in range(40)])
    log["position"] = np.tile([1, 2, 3, 4], 40)
    log["clicked"] = (random.random(160) < 0.4).astype(int)
    log["purchased"] = ((random.random(160) < 0.3) & (log["clicked"] == 1)).astype(int)
    judgments = pd.DataFrame(
        [(f"query {q}", item, (q * k) % 4) for q in range(8) for k, item in enumerate(items["item_id"].iloc[:5])],
        columns=["query", "item_id", "relevance"],
    )
    return Store(tmp_path, items, users, log, judgments)
