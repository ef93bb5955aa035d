"""Towers of the small shop and of a made log, each trained once."""

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import small_shop
from small_run import random_run
from trainer.config import RetrievalConfig
from trainer.data.prepared import Prepared
from trainer.retrieval.material import Material
from trainer.retrieval.two_tower import train_towers
from trainer.training.run import Run

RETRIEVAL = {
    "width": 8,
    "hidden": [16],
    "user_width": 4,
    "min_item_clicks": 1,
    "min_user_clicks": 1,
    "batch": 8,
    "learning_rate": 0.01,
}


@pytest.fixture(scope="session")
def shop(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Prepared]:
    """A run of the small shop and its data; without validation pages, so that the last weights are kept."""
    folder = tmp_path_factory.mktemp("retrieval")
    experiment = small_shop.experiment(tiny_preset, folder, retrieval={**RETRIEVAL, "epochs": 2})
    prepared = small_shop.prepared(folder / "prepared")
    assert prepared.pages is not None
    table = prepared.pages.table.assign(split=prepared.pages.table["split"].replace("valid", "test"))
    prepared = dataclasses.replace(prepared, pages=dataclasses.replace(prepared.pages, table=table))
    return random_run(folder / "runs" / "small", experiment), prepared


@pytest.fixture(scope="session")
def two_tower(shop: tuple[Run, Prepared], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder ``two_tower`` of the small shop."""
    folder = tmp_path_factory.mktemp("channels") / "two_tower"
    run, prepared = shop
    train_towers(run, prepared, folder, Console(file=io.StringIO()))
    return folder


@pytest.fixture
def made_material() -> Callable[..., Material]:
    """Makes clicks that the texts do not explain: query q leads to item q, whose text is another's."""

    def make(**config: Any) -> Material:
        random = np.random.default_rng(1)
        queries, items, clicks = 20, 60, 1200
        text = random.normal(size=(items, 12)).astype(np.float32)
        text /= np.linalg.norm(text, axis=1, keepdims=True)
        page = np.arange(clicks)
        arrays: dict[str, np.ndarray] = {
            "item_text": text,
            "query_text": text[queries : 2 * queries],
            "query": page % queries,
            "user": np.zeros(clicks, np.int64),
            "history": np.zeros((clicks, 2), np.int64),
            "page": page,
            "item": page % queries,
            "weight": np.ones(clicks, np.float32),
            "train": page[:1000],
            "valid": page[1000:1100],
            "test": page[1100:],
        }
        settings: dict[str, Any] = {
            "width": 8,
            "hidden": [32],
            "epochs": 8,
            "batch": 100,
            "uniform_negatives": 20,
            "stop_at": 3,
        }
        return Material(
            config=RetrievalConfig(**{**settings, "learning_rate": 0.01, **config}),
            seed=3,
            item_features=[],
            user_features=[],
            statistics={},
            item_ids=[f"i{n}" for n in range(items)],
            known_items=[f"i{n}" for n in range(queries)],
            known_users=[],
            arrays=arrays,
        )

    return make
