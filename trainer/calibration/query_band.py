"""Segments by how often a query was asked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.calibration.segment import Segment
from trainer.data.pages import Pages
from trainer.text.normalised import normalised

HEAD, TORSO, TAIL = "head", "torso", "tail"


class QueryBand(Segment):
    """``head`` and ``torso``: the queries asked most often, each a third of the training pages. ``tail``: all others, those
    never asked in training among them. Case and spaces make no other query.

    Args:
        head: the most frequent queries, normalised.
        torso: the next ones.
    """

    def __init__(self, head: list[str], torso: list[str]) -> None:
        self.names = [HEAD, TORSO, TAIL]
        self.head, self.torso = list(head), list(torso)
        # A table must have a key; no query has a line break once normalised.
        keys = [*self.head, *self.torso, "\n"]
        values = [0] * len(self.head) + [1] * len(self.torso) + [2]
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(values, tf.int32)), default_value=2
        )

    @classmethod
    def of(cls, training: Pages) -> "QueryBand":
        """Count the queries of training pages."""
        queries = pd.Series(_text(normalised(tf.constant(_filled(training)))))
        counts = queries.value_counts().rename_axis("query").reset_index(name="pages")
        counts = counts.sort_values(["pages", "query"], ascending=[False, True])
        middle = (counts["pages"].cumsum() - counts["pages"] / 2) / max(counts["pages"].sum(), 1)
        band = np.minimum((middle * 3).astype(np.int64), 2)
        return cls(*(counts.loc[band == number, "query"].tolist() for number in (0, 1)))

    @property
    def resources(self) -> list[Any]:
        """The table of queries."""
        return [self.table]

    def codes(self, page: Mapping[str, Any]) -> tf.Tensor:
        """See `Segment`."""
        return self.table.lookup(normalised(page["query_text"]))[:, None]

    def codes_of(self, pages: Pages, items: pd.DataFrame) -> np.ndarray:
        """See `Segment`."""
        codes = self.table.lookup(normalised(tf.constant(_filled(pages)))).numpy().astype(np.int64)
        return codes[pages.page_of_impression]

    def as_dict(self) -> dict[str, Any]:
        """The queries of the two bands that are listed."""
        return {HEAD: self.head, TORSO: self.torso}


def _filled(pages: Pages) -> np.ndarray:
    return pages.table["query"].fillna("").astype(str).to_numpy(object)


def _text(values: tf.Tensor) -> list[str]:
    return [value.decode("utf-8", "replace") for value in values.numpy()]
