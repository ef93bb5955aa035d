"""Pages in memory: what training, evaluation and the parity check read."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Pages:
    """Pages and their impressions, flat.

    Attributes:
        table: one row a page, index 0..P-1: ``request_id``, ``timestamp`` (UTC), ``user_id``, ``query``, ``split`` (``train``,
            ``valid``, ``test``), each declared user and context feature, each declared sequence as a list of item ids (most
            recent first). Pages of human judgments have ``request_id`` ``judged:<n>``, an empty ``user_id`` and no time.
        offset: int64 [P + 1]; the impressions of page p are ``offset[p]:offset[p + 1]``.
        item: int32 [M], the row in the items table.
        position: int32 [M], 1-based, 0 where unknown.
        clicked: int8 [M], 1, 0 or -1 where unknown.
        purchased: int8 [M], 1, 0 or -1 where unknown.
        relevance: float32 [M], NaN where unknown.
        labels: of declared tasks by name, float32 [M], NaN where unknown.
        propensity: probability that the item stood at its position, as it was logged, float32 [M] in (0, 1], NaN where
            unknown; None where the log tells none.
    """

    table: pd.DataFrame
    offset: np.ndarray
    item: np.ndarray
    position: np.ndarray
    clicked: np.ndarray
    purchased: np.ndarray
    relevance: np.ndarray
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    propensity: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offset) - 1

    @property
    def sizes(self) -> np.ndarray:
        """Items a page, int64 [P]."""
        return np.diff(self.offset)

    @property
    def page_of_impression(self) -> np.ndarray:
        """The page of each impression, int64 [M]."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def take(self, pages: np.ndarray) -> "Pages":
        """The pages at the given indices, in that order.

        Args:
            pages: int [P'] indices, or a boolean mask [P].
        """
        pages = np.asarray(pages)
        if pages.dtype == bool:
            pages = np.flatnonzero(pages)
        sizes = self.sizes[pages]
        offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        flat = np.repeat(self.offset[:-1][pages] - offset[:-1], sizes) + np.arange(offset[-1])
        return Pages(
            table=self.table.iloc[pages].reset_index(drop=True),
            offset=offset,
            item=self.item[flat],
            position=self.position[flat],
            clicked=self.clicked[flat],
            purchased=self.purchased[flat],
            relevance=self.relevance[flat],
            labels={name: values[flat] for name, values in self.labels.items()},
            propensity=None if self.propensity is None else self.propensity[flat],
        )

    def split(self, name: str) -> "Pages":
        """The pages of one split."""
        return self.take((self.table["split"] == name).to_numpy())


def concatenate(parts: list[Pages]) -> Pages:
    """Pages one after another.

    Args:
        parts: at least one; columns that a part lacks become missing.
    """
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(part.offset[-1] for part in parts)])
    propensities = [np.full(len(p.item), np.nan, np.float32) if p.propensity is None else p.propensity for p in parts]
    return Pages(
        table=pd.concat([part.table for part in parts], ignore_index=True),
        offset=np.concatenate(
            [[0], *(part.offset[1:] + start for part, start in zip(parts, starts[:-1], strict=True))]
        ),
        item=np.concatenate([part.item for part in parts]),
        position=np.concatenate([part.position for part in parts]),
        clicked=np.concatenate([part.clicked for part in parts]),
        purchased=np.concatenate([part.purchased for part in parts]),
        relevance=np.concatenate([part.relevance for part in parts]),
        labels={
            name: np.concatenate([p.labels.get(name, np.full(len(p.item), np.nan, np.float32)) for p in parts])
            for name in dict.fromkeys(name for part in parts for name in part.labels)
        },
        propensity=None if all(p.propensity is None for p in parts) else np.concatenate(propensities),
    )
