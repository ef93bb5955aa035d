"""The log of a shop whose shoppers want something else on later days."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import small_shop
from trainer.config import Experiment

OLD_QUERIES = ["red lamp", "oak chair", "blue lamp"]
NEW_QUERIES = ["cordless drill", "steel kettle", "garden hose"]
PAGE = 5


def items(count: int = 40, start: int = 0) -> pd.DataFrame:
    """Items whose text says nothing: only their price tells them apart."""
    random = np.random.default_rng(start + 1)
    return pd.DataFrame(
        {
            "item_id": [f"i{start + n}" for n in range(count)],
            "title": "item",
            "brand": [("acme", "bolt")[n % 2] for n in range(count)],
            "price": np.exp(random.permutation(np.linspace(0, 5, count))),
        }
    )


def log(table: pd.DataFrame, pages: int, first_day: str, queries: list[str], cheap: bool, seed: int) -> pd.DataFrame:
    """A log in which the cheapest (or dearest) items of a page are clicked, and a few others."""
    random = np.random.default_rng(seed)
    chosen = np.stack([random.choice(len(table), PAGE, replace=False) for _ in range(pages)])
    rank = table["price"].to_numpy()[chosen].argsort(axis=1).argsort(axis=1)
    liked = rank < 2 if cheap else rank >= PAGE - 2
    clicked = random.random(chosen.shape) < np.where(liked, 0.75, 0.08)
    page = np.repeat(np.arange(pages), PAGE)
    times = pd.date_range(first_day, periods=pages, freq="10min", tz="UTC")
    return pd.DataFrame(
        {
            "request_id": [f"{first_day}-{n}" for n in page],
            "timestamp": times[page],
            "user_id": [f"u{seed}-{n % 20}" for n in page],
            "query": np.array(queries)[page % len(queries)],
            "item_id": table["item_id"].to_numpy()[chosen.ravel()],
            "position": np.tile(np.arange(1, PAGE + 1), pages),
            "clicked": clicked.ravel().astype(int),
            "purchased": 0,
        }
    )


def write_old_days(folder: Path, pages: int = 300) -> None:
    """Write ``items.parquet`` and ``search_log.parquet``: cheap items are clicked."""
    items().to_parquet(folder / "items.parquet")
    log(items(), pages, "2025-01-01", OLD_QUERIES, True, 1).to_parquet(folder / "search_log.parquet")


def write_new_days(
    path: Path, pages: int = 200, table: pd.DataFrame | None = None, first_day: str = "2025-02-01"
) -> None:
    """Write a log of later days, of other queries, on which dear items are clicked."""
    log(items() if table is None else table, pages, first_day, NEW_QUERIES, False, 2).to_parquet(path)


def experiment(preset: Path, folder: Path, **sections: Any) -> Experiment:
    """An experiment on the old days."""
    given: dict[str, Any] = {
        "name": "shop",
        "features": {
            "items": [
                {"name": "price", "kind": "number", "scale": "log"},
                {"name": "brand", "kind": "categorical", "width": 2},
            ],
            "users": [],
            "context": [{"name": "history", "kind": "sequence", "length": 3}],
        },
        "data": {"split": {"valid": 0.15, "test": 0.25}},
        "model": {"hidden": [16], "position_bias": False},
        "train": {
            "pages_per_batch": 8,
            "evaluations": 2,
            "epochs": 5,
            "learning_rate": 1e-3,
            "head_learning_rate": 1e-2,
        },
        "evaluate": {"bootstrap": 100},
    }
    return small_shop.experiment(preset, folder, **(given | sections))
