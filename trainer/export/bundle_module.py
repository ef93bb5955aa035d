"""What a bundle holds, from a run and a table of items."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.channels.folder import TWO_TOWER, channels_folder
from trainer.channels.list_channels import ListChannels
from trainer.channels.tables import read_counts
from trainer.export.item_table import ItemTable
from trainer.export.list_signatures import ListModule
from trainer.export.signatures import RankingModule
from trainer.retrieval.new_items import embed_items
from trainer.training.run import Run
from trainer.training.tables import Tables, preprocess


def bundle_module(run: Run, items: pd.DataFrame, tables: Tables, vectors: np.ndarray, scratch: Path) -> RankingModule:
    """The module of a run; where the run has channels, with its lists as ``module.lists``.

    Args:
        run: a finished run.
        items: the items table of the bundle; not necessarily that of the training.
        tables: of these items.
        vectors: unit vectors of the items' texts, float32 [I, D].
        scratch: a folder for files that must stay until the module is saved, or no longer used.

    Raises:
        InputError: if the run's channels can't be read.
    """
    ids = items["item_id"].to_numpy(object)
    table = ItemTable(
        ids,
        vectors,
        tables.item_features,
        preprocess(run.ranker.item_features, pd.DataFrame([dict.fromkeys(items.columns)])),
        tables.item_tokens if run.ranker.interaction.needs_pairs else None,
        run.packers["item"](tf.constant([""])).numpy(),
        scratch,
        tables.item_columns,
    )
    module = RankingModule(run.experiment, run.ranker, run.packers, table, run.outputs)
    channels = channels_folder(run.folder)
    if channels is not None:
        towers = channels / TWO_TOWER
        # All by the item tower, so that items newer than the towers are found as well.
        tower_items = embed_items(run, towers, items, vectors) if towers.is_dir() else None
        found = ListChannels(run.experiment.channels, channels, ids, table.vectors, tower_items, scratch)
        module.lists = ListModule(run.experiment, module, found, items, read_counts(channels, ids))
    return module


def signatures_of(module: RankingModule) -> dict[str, Any]:
    """The concrete functions by signature name, those of the lists too where there are lists."""
    lists = getattr(module, "lists", None)
    return module.functions() | ({} if lists is None else lists.functions())
