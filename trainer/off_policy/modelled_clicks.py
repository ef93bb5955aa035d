"""What a click model says of impressions that it was not fitted on."""

from dataclasses import dataclass

import numpy as np

from trainer.off_policy.click_model import ClickModel
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.target_policy import TargetPolicy

CHOICES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class ModelledClicks:
    """Click chances of R impressions.

    Attributes:
        shown: of the item that was shown, float64 [R].
        target: of what the target policy shows in its place, the mean over its choices, float64 [R].
    """

    shown: np.ndarray
    target: np.ndarray

    @classmethod
    def cross_fitted(
        cls, log: LoggedImpressions, target: TargetPolicy, folds: int, seed: int
    ) -> "ModelledClicks | None":
        """Fit as many models as there are folds of pages; each tells of the fold that it has not seen.

        Args:
            log: the impressions.
            target: the policy.
            folds: how many, from 2; no more than there are pages are used.
            seed: of the division into folds.

        Returns:
            The chances, or None where the target is known for the shown items only.
        """
        if target.spread(log, np.arange(1)) is None:
            return None
        model, folds = ClickModel(log), min(folds, len(log.requests))
        fold = np.random.default_rng(seed).permutation(np.arange(len(log.requests)) % folds)[log.page]
        shown, expected = np.empty(len(log)), np.zeros(len(log))
        for number in range(folds):
            rows = np.flatnonzero(fold == number)
            model.fit(np.flatnonzero(fold != number))
            shown[rows] = model.predict(rows, log.item[rows])
            for part in rows_at_a_time(rows, len(log.items)):
                spread = target.spread(log, part)
                assert spread is not None
                clicks = spread.probability * model.predict(spread.row, spread.item)
                expected += np.bincount(spread.row, weights=clicks, minlength=len(log))
        return cls(shown, expected)


def rows_at_a_time(rows: np.ndarray, items: int) -> list[np.ndarray]:
    """Rows in parts whose choices fit the memory.

    Args:
        rows: int64.
        items: A, the most choices of a row.
    """
    return np.array_split(rows, max(1, -(-len(rows) * items // CHOICES_AT_ONCE)))
