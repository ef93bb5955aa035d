"""Vectors of items that came after the towers were trained."""

from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.retrieval.artefact import ITEM_TOWER
from trainer.retrieval.declared import retrieval_features
from trainer.training.run import Run
from trainer.training.tables import raw_features

ITEMS_AT_ONCE = 8192


def embed_items(run: Run, folder: Path, items: pd.DataFrame, text_vectors: np.ndarray) -> np.ndarray:
    """Vectors of any items by the item tower.

    Args:
        run: whose towers they are.
        folder: the folder ``two_tower``.
        items: ``item_id`` and the declared item features.
        text_vectors: of the items by the run's encoder, float32 [I, D].

    Returns:
        float32 [I, W]
    """
    tower = tf.saved_model.load(str(folder / ITEM_TOWER))
    raw = raw_features(run.ranker.item_features, items)
    columns = {feature.name: raw[feature.name] for feature in retrieval_features(run.experiment.features.items)}
    ids = items["item_id"].astype(str).to_numpy(object)
    parts = []
    for start in range(0, len(items), ITEMS_AT_ONCE):
        some = slice(start, start + ITEMS_AT_ONCE)
        features = {name: tf.constant(values[some]) for name, values in columns.items()}
        given = {"text_vector": tf.constant(text_vectors[some]), "item_id": tf.constant(ids[some])}
        parts.append(tower.vectors(**given, **features).numpy())
    return np.concatenate(parts)
