"""From a run to its folder of channels."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from trainer.channels.folder import CHANNELS, COUNTS, FACTS, TWO_TOWER
from trainer.collaborative.build import build_collaborative
from trainer.config import Experiment
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.data.storage import write_frame
from trainer.errors import InputError
from trainer.retrieval.two_tower import train_two_tower
from trainer.training.run import FINISHED, read_run_config

Towers = Callable[[Path], dict[str, Any]]
"""Trains two towers into a folder, and tells facts of them."""


def build_channels(run: Path, console: Console, overrides: Sequence[str] = (), two_tower: bool = True) -> Path:
    """Write ``RUN/channels``: all of it, or nothing.

    Args:
        run: what ``shelfrank train`` wrote.
        console: where progress is shown.
        overrides: of the sections ``collaborative`` and ``retrieval``, ``key=value``.
        two_tower: whether to train the two towers, too; without them the channels ``query_tower`` and ``user_tower`` are
            missing.

    Returns:
        The folder.

    Raises:
        InputError: if the run is not finished, or its data hold no clicks.
    """
    experiment = read_run_config(run, overrides)
    if not (run / FINISHED).is_file():
        raise InputError(f"{run}: training has not finished; run `shelfrank train` again, it goes on where it was")
    towers: Towers | None = (lambda folder: train_two_tower(run, folder, console, overrides)) if two_tower else None
    return write_channels(experiment, ensure_prepared(experiment), run, console, towers)


def write_channels(
    experiment: Experiment, prepared: Prepared, run_folder: Path, console: Console, towers: Towers | None
) -> Path:
    """`build_channels` for data that are loaded already.

    Args:
        experiment: settings of the tables.
        prepared: its data.
        run_folder: an existing folder.
        console: where progress is shown.
        towers: trains the two towers; None for none.

    Returns:
        The folder of the channels.

    Raises:
        InputError: if the data hold no clicks.
    """
    making, target = run_folder / f".{CHANNELS}-{os.getpid()}", run_folder / CHANNELS
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    try:
        facts: dict[str, Any] = {"data_hash": prepared.data_hash}
        facts["collaborative"] = build_collaborative(experiment, prepared, making, console)
        if towers is not None:
            facts["two_tower"] = towers(making / TWO_TOWER)
        write_frame(counts(prepared), making / COUNTS)
        (making / FACTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")
        _replace(making, target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def counts(prepared: Prepared) -> pd.DataFrame:
    """How often the items were shown and clicked in training: ``item_id``, ``impressions``, ``clicks``."""
    assert prepared.pages is not None
    training, items = prepared.pages.split("train"), prepared.items["item_id"].to_numpy(object)
    # Sampled negatives of a log of clicks have no position: nobody saw them.
    seen = (training.position > 0) | (training.clicked > 0)
    shown = np.bincount(training.item[seen], minlength=len(items))
    clicked = np.bincount(training.item, weights=training.clicked > 0, minlength=len(items)).astype(np.int64)
    return pd.DataFrame({"item_id": items, "impressions": shown, "clicks": clicked})


def _replace(making: Path, target: Path) -> None:
    """Put a folder in the place of another; a reader finds the old one, the new one, or for a moment none."""
    old = target.with_name(f"{making.name}-old")
    if target.exists():
        target.rename(old)
    making.rename(target)
    shutil.rmtree(old, ignore_errors=True)
