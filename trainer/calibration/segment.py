"""What parts candidates into segments."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.data.pages import Pages


class Segment(ABC):
    """Gives each candidate the code of its segment.

    Attributes:
        names: names of the segments by code; an empty name stands for what has no segment.
    """

    names: list[str]

    @property
    def resources(self) -> list[Any]:
        """Look-up tables, which a saved module must hold."""
        return []

    @abstractmethod
    def codes(self, page: Mapping[str, Any]) -> tf.Tensor:
        """The codes of candidates, in the graph.

        Args:
            page: as `trainer.score.outputs.PageOutputs` takes it.

        Returns:
            int32 [P, N] or [P, 1].
        """

    @abstractmethod
    def codes_of(self, pages: Pages, items: pd.DataFrame) -> np.ndarray:
        """The codes of impressions, to fit on.

        Args:
            pages: pages of M impressions.
            items: the items that they point into.

        Returns:
            int64 [M], -1 for no segment.
        """

    def as_dict(self) -> dict[str, Any]:
        """What JSON must keep to make it again."""
        return {}
