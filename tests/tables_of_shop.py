"""The tables of a small shop on disk, whose later pages are clicked less than those that training sees."""

from pathlib import Path
from typing import Any

import numpy as np

import small_shop
from trainer.config import Experiment

PAGES = 240
BIDS = [1.0, 2.0, 0.5, np.nan, 4.0, 1.5, 0.25, 3.0]
"""A column that no feature declares; training pages show all items, so its median is 1.5."""


def write_tables(folder: Path) -> None:
    """Write ``items.parquet`` and ``search_log.parquet``; half of the clicks of the last 60 % of the pages are gone."""
    items = small_shop.items().drop(columns="text").assign(bid=BIDS, colour="red")
    items.loc[items["title"] == "", "title"] = "old kettle"
    items.to_parquet(folder / "items.parquet")
    pages = small_shop.pages(PAGES)
    page = pages.page_of_impression
    kept = (page < 0.4 * PAGES) | (np.random.default_rng(8).random(len(page)) < 0.5)
    clicked = pages.clicked * kept
    log = pages.table[["request_id", "timestamp", "user_id", "query"]].iloc[page].reset_index(drop=True)
    log = log.assign(
        item_id=items["item_id"].to_numpy()[pages.item],
        position=pages.position,
        clicked=clicked,
        purchased=pages.purchased * clicked,
    )
    log.to_parquet(folder / "search_log.parquet")


def experiment(preset: Path, folder: Path, **sections: Any) -> Experiment:
    """An experiment on these tables, with item features alone."""
    given: dict[str, Any] = {
        "features": {"users": [], "context": []},
        "data": {"split": {"valid": 0.4, "test": 0.2}},
        "train": {"evaluations": 1, "epochs": 2, "stop_on": None},
        "evaluate": {"bootstrap": 0},
    }
    return small_shop.experiment(preset, folder, **(given | sections))
