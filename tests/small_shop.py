"""A shop small enough to work out by hand, with features of every kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainer.config import Experiment, validate_section
from trainer.data.pages import Pages, concatenate
from trainer.data.prepared import Prepared

TITLES = ["red lamp", "blue lamp", "cordless drill", "drill bit set", "oak chair", "steel kettle", "", "led light bulb"]


def items() -> pd.DataFrame:
    """Eight items; one without text, one without price and vector."""
    random = np.random.default_rng(2)
    vectors: list[Any] = list(random.normal(size=(len(TITLES), 3)).astype(np.float32))
    vectors[3] = None
    return pd.DataFrame(
        {
            "item_id": [f"i{n}" for n in range(len(TITLES))],
            "title": TITLES,
            "text": TITLES,
            "brand": ["acme", "acme", "bolt", None, "bolt", "acme", "zeta", "bolt"],
            "price": [10.0, 20.0, 99.0, np.nan, 150.0, 30.0, 5.0, 3.0],
            "vector": vectors,
        }
    )


def pages(count: int = 12, seed: int = 3, split: str = "train") -> Pages:
    """Pages of two to six items with labels."""
    random = np.random.default_rng(seed)
    sizes = random.integers(2, 7, count)
    offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    queries = ["red lamp", "drill", "chair of oak", "kettle", "led"]
    table = pd.DataFrame(
        {
            "request_id": [f"{split}{n}" for n in range(count)],
            "timestamp": pd.date_range("2025-01-01", periods=count, freq="h", tz="UTC"),
            "user_id": [f"u{n % 4}" for n in range(count)],
            "query": [queries[n % len(queries)] for n in range(count)],
            "split": split,
            "segment": [("new", "loyal", None)[n % 3] for n in range(count)],
            "hour": [float(n % 24) for n in range(count)],
            "history": [[f"i{(n + j) % 8}" for j in range(n % 4)] for n in range(count)],
        }
    )
    clicked = (random.random(offset[-1]) < 0.4).astype(np.int8)
    return Pages(
        table=table,
        offset=offset,
        item=np.concatenate([random.permutation(8)[:size] for size in sizes]).astype(np.int32),
        position=np.concatenate([np.arange(1, size + 1) for size in sizes]).astype(np.int32),
        clicked=clicked,
        purchased=(clicked * (random.random(offset[-1]) < 0.5)).astype(np.int8),
        relevance=np.full(offset[-1], np.nan, np.float32),
    )


def statistics() -> dict[str, Any]:
    """What the training pages would give."""
    return {
        "features": {
            "items": {
                "brand": {"kind": "categorical", "vocabulary": ["acme", "bolt"]},
                "price": {"kind": "number", "mean": 3.0, "std": 1.2, "fill": 20.0},
                "vector": {"kind": "embedding", "dimension": 3},
            },
            "users": {"segment": {"kind": "categorical", "vocabulary": ["new", "loyal"]}},
            "context": {"hour": {"kind": "number", "mean": 6.0, "std": 4.0, "fill": 6.0, "quantiles": [3.0, 8.0]}},
        },
        "base_rates": {"ctr": 0.4, "cvr": 0.5, "ctcvr": 0.2},
        "position_shares": [0.0, 0.3, 0.3, 0.2, 0.1, 0.05, 0.05],
        "relevance": {"min": 0.0, "max": 1.0, "mean": 0.5},
    }


def experiment(preset: Path, folder: Path, **sections: Any) -> Experiment:
    """An experiment on the shop with a tiny backbone; sections override."""
    raw: dict[str, Any] = {
        "name": "small",
        "seed": 5,
        "runs": str(folder / "runs"),
        "data": {
            "prepared": str(folder / "prepared"),
            "items": str(folder / "items.parquet"),
            "search_log": str(folder / "search_log.parquet"),
        },
        "features": {
            "items": [
                {"name": "brand", "kind": "categorical", "width": 3},
                {"name": "price", "kind": "number", "scale": "log"},
                {"name": "vector", "kind": "embedding", "width": 4},
            ],
            "users": [{"name": "segment", "kind": "categorical", "width": 2}],
            "context": [
                {"name": "hour", "kind": "number", "buckets": 3, "width": 2},
                {"name": "history", "kind": "sequence", "length": 3},
            ],
        },
        "encoder": {"backbone": str(preset), "query_length": 8, "item_length": 10},
        "model": {"hidden": [8]},
        "train": {"pages_per_batch": 4, "evaluations": 2, "learning_rate": 1e-3, "epochs": 2},
        "export": {"models": str(folder / "models")},
    }
    for name, values in sections.items():
        raw[name] = {**raw.get(name, {}), **values} if isinstance(values, dict) else values
    return validate_section(Experiment, raw, "small")


def prepared(folder: Path) -> Prepared:
    """The shop as prepared data: twelve training pages, six each to validate and to test."""
    parts = [pages(12, 3, "train"), pages(6, 4, "valid"), pages(6, 5, "test")]
    return Prepared(folder, items(), None, concatenate(parts), None, statistics(), {}, "hash-of-the-shop")
