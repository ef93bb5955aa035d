"""The policy whose click rate is asked for."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from trainer.off_policy.logged_impressions import LoggedImpressions


class Spread(NamedTuple):
    """What a policy would show in the places of some impressions, S choices.

    Attributes:
        row: the impression, int64 [S].
        item: the item that it may show there, int64 [S].
        probability: the chance of that, float64 [S].
    """

    row: np.ndarray
    item: np.ndarray
    probability: np.ndarray


class TargetPolicy(ABC):
    """A policy in the places of logged impressions."""

    @abstractmethod
    def shown(self, log: LoggedImpressions) -> np.ndarray:
        """Chance that this policy shows what was shown.

        Args:
            log: the impressions.

        Returns:
            float64 [R].
        """

    @abstractmethod
    def spread(self, log: LoggedImpressions, rows: np.ndarray) -> Spread | None:
        """All that this policy may show.

        Args:
            log: the impressions.
            rows: whose places are meant, int64, ascending.

        Returns:
            Choices whose probabilities sum to 1 in each place, or None where only `shown` is known.
        """

    def unknown(self) -> str:
        """Why `spread` is None, for a note."""
        return "the target's chance is known for the shown items only"
