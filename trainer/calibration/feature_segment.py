"""Segments by a declared feature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.calibration.segment import Segment
from trainer.data.pages import Pages

PAGE_KEYS = {"items": "item_features", "users": "user_features", "context": "context_features"}
FIRST_VALUE = 2
"""Of the codes that a look-up gives, 0 is for missing and 1 for unknown values."""


class FeatureSegment(Segment):
    """A segment a value of a categorical feature. Missing and unknown values have none.

    Args:
        name: of the feature.
        table: where it is declared: ``items``, ``users`` or ``context``.
        vocabulary: its values, as the statistics of the training pages have them.
    """

    def __init__(self, name: str, table: str, vocabulary: list[str]) -> None:
        self.name, self.table = name, table
        self.names = [""] * FIRST_VALUE + list(vocabulary)

    def codes(self, page: Mapping[str, Any]) -> tf.Tensor:
        """See `Segment`."""
        codes = tf.cast(page[PAGE_KEYS[self.table]][self.name], tf.int32)
        return codes if self.table == "items" else codes[:, None]

    def codes_of(self, pages: Pages, items: pd.DataFrame) -> np.ndarray:
        """See `Segment`."""
        source = items if self.table == "items" else pages.table
        found = pd.Index(self.names[FIRST_VALUE:]).get_indexer(pd.Index(source[self.name].astype(object)))
        codes = np.where(found < 0, -1, found + FIRST_VALUE)
        return codes[pages.item if self.table == "items" else pages.page_of_impression]
