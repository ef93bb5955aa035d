"""The channels of a bundle, and what each list takes of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.folder import (
    NEIGHBOURS,
    POPULARITY,
    QUERY_MEMORY,
    TWO_TOWER,
)
from trainer.channels.item_to_item import ItemToItem
from trainer.channels.lists_by_text import ListsByText
from trainer.channels.nearest import Nearest, by_product
from trainer.channels.tables import read_neighbours, read_popularity, read_query_memory
from trainer.channels.union import Union, channel_names, union
from trainer.config.channels import CHANNELS, FOR_ALL, ChannelsConfig
from trainer.retrieval.artefact import QUERY_TOWER
from trainer.retrieval.brute_force import BruteForce

LISTS = ("search", "for_user", "similar_items", "recommend", "trending")
NUMBERS = {name: number for number, name in enumerate(CHANNELS)}


class ListChannels(tf.Module):
    """Proposes candidates for each kind of list.

    Args:
        config: quotas.
        folder: the run's folder of channels; a table or tower that it lacks is a channel less.
        item_ids: ids by row, str [I].
        item_vectors: unit vectors of the items' texts and, last, zeros, float32 [I + 1, D].
        tower_items: the item tower's vectors, float32 [I, W]; None where the run has no towers.
        scratch: where files are written until the bundle is saved.

    Attributes:
        categories: that ``trending`` knows; ``""`` stands for all.

    Raises:
        InputError: if a table can't be read.
    """

    def __init__(
        self,
        config: ChannelsConfig,
        folder: Path,
        item_ids: np.ndarray,
        item_vectors: tf.Variable,
        tower_items: np.ndarray | None,
        scratch: Path,
    ) -> None:
        super().__init__(name="channels")
        self.config, self.padding = config, len(item_ids)
        self.tower: Any = None
        self.categories: tuple[str, ...] = ("",)
        text = Nearest("text", by_product(item_vectors), lambda asked: asked.query_vectors, True, self.padding)
        self.channels: dict[str, Any] = {"text": text}
        if tower_items is not None:
            self.tower = tf.saved_model.load(str(folder / TWO_TOWER / QUERY_TOWER))
            self.index = BruteForce(tower_items)
            for name, of in (("query_tower", _tower_vectors), ("user_tower", _user_vectors)):
                self.channels[name] = Nearest(name, self.index, of, name == "query_tower", self.padding)
        if (folder / NEIGHBOURS).is_file():
            near = read_neighbours(folder, item_ids)
            self.channels["item_to_item"] = ItemToItem("item_to_item", near.rows, near.scores, config.history_half_life)
        for name, file, reading, of in (
            ("query_memory", QUERY_MEMORY, read_query_memory, lambda asked: asked.query),
            (FOR_ALL, POPULARITY, read_popularity, lambda asked: asked.category),
        ):
            if (folder / file).is_file():
                found = reading(folder, item_ids)
                lists = found.lists
                if name == FOR_ALL:
                    self.categories = ("", *found.texts)
                self.channels[name] = ListsByText(
                    name, found.texts, lists.rows, lists.scores, self.padding, of, scratch
                )

    def quotas(self, kind: str) -> dict[str, int]:
        """Candidates of each channel that there is, for a kind of list; the order is that in which they are joined."""
        asked: Mapping[str, int] = {} if kind == FOR_ALL else getattr(self.config, kind)
        wanted = {**asked, FOR_ALL: self.config.trending}
        return {name: wanted[name] for name in CHANNELS if name in wanted and name in self.channels}

    def union(self, kind: str, asked: Asked, excluded: tf.Tensor) -> Union:
        """Candidates of a list.

        Args:
            kind: ``search``, ``for_user``, ``similar_items``, ``recommend`` or ``trending``.
            asked: P pages.
            excluded: rows that are left out, int32 [P, E].
        """
        proposed = {name: self.channels[name](asked, count) for name, count in self.quotas(kind).items()}
        return union(proposed, NUMBERS, excluded, self.padding, FOR_ALL)

    def named(self, channels: tf.Tensor) -> tf.Tensor:
        """Names, joined by commas, of sums of 2^channel: string of the same shape."""
        return tf.gather(tf.constant(channel_names(NUMBERS)), channels)

    def item_vectors(self, rows: tf.Tensor) -> tf.Tensor | None:
        """The item tower's vectors, float32 [P, W], of rows int32 [P]; None without a tower."""
        return None if self.tower is None else tf.transpose(tf.gather(self.index.columns, rows, axis=1))


def _tower_vectors(asked: Asked) -> tf.Tensor:
    assert asked.tower_vectors is not None
    return asked.tower_vectors


def _user_vectors(asked: Asked) -> tf.Tensor:
    assert asked.user_vectors is not None
    return asked.user_vectors
