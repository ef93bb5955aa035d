"""Whether the bundle, asked over gRPC, ranks as the trainer does."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shelfrank_client import RankedPage
from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.scores import Scores

OUTPUTS = ("score", "ctr", "cvr", "ctcvr")
ORDER_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Agreement:
    """What the comparison found.

    Attributes:
        pages: compared.
        candidates: compared.
        unknown: candidates that the bundle's item table lacks.
        differences: the largest absolute difference, by output.
        misplaced: candidates that the bundle ranks below one whose score, as the trainer gives it, is lower by
            `ORDER_TOLERANCE` or more.
        near_ties: candidates that it ranks below one whose score is lower by less than that.
    """

    pages: int
    candidates: int
    unknown: int
    differences: dict[str, float]
    misplaced: int
    near_ties: int

    @property
    def max_difference(self) -> float:
        """Over all outputs."""
        return max(self.differences.values())


def compare(pages: Pages, scores: Scores, item_ids: np.ndarray, ranked: Iterable[RankedPage]) -> Agreement:
    """Compare the trainer's scores with ranked pages.

    Args:
        pages: P pages.
        scores: the trainer's, of their M impressions.
        item_ids: ids by row of the items table.
        ranked: the bundle's answer to each page, in the order of ``pages``.

    Raises:
        InputError: if a page holds other items than were asked for.
    """
    expected = {name: values for name in OUTPUTS if (values := getattr(scores, name)) is not None}
    worst = dict.fromkeys(expected, 0.0)
    unknown = misplaced = near_ties = 0
    for page, answer in enumerate(ranked):
        part = slice(pages.offset[page], pages.offset[page + 1])
        place = {item: index for index, item in enumerate(item_ids[pages.item[part]].tolist())}
        if len(answer) != len(place) or any(item.item_id not in place for item in answer):
            raise InputError(f"page {pages.table['request_id'].iloc[page]}: the bundle answered other items than asked")
        mine = np.array([place[item.item_id] for item in answer])
        for name, values in expected.items():
            found = np.array([getattr(item, name) for item in answer])
            worst[name] = max(worst[name], float(np.abs(values[part][mine].astype(np.float64) - found).max()))
        rise = rises(scores.score[part][mine])
        misplaced += int((rise >= ORDER_TOLERANCE).sum())
        near_ties += int(((rise > 0) & (rise < ORDER_TOLERANCE)).sum())
        unknown += sum(not item.known for item in answer)
    return Agreement(len(pages), len(pages.item), unknown, worst, misplaced, near_ties)


def rises(ordered: np.ndarray) -> np.ndarray:
    """By how much each score exceeds the lowest one before it, float64 [N]; 0 everywhere if the best come first."""
    values = np.asarray(ordered, np.float64)
    return values - np.minimum.accumulate(values)
