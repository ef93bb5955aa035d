"""The regressions of relevance inside regression EM."""

from typing import Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits


class RelevanceModel(Protocol):
    """Fits the relevance of pairs of query and item.

    Attributes:
        most_rounds: of EM that are worth their cost.
        tolerance: change of the curve below which EM stops.
    """

    most_rounds: int
    tolerance: float

    def fit(self, expected: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Relevance of each pair.

        Args:
            expected: expected relevance of each pair, float64 [pairs].
            shown: impressions of each pair, float64 [pairs].

        Returns:
            float64 [pairs]
        """


class RelevanceTable:
    """A relevance for each pair, drawn towards the mean of its query as by ``strength`` more impressions.

    Any relevance fits it, so that nothing of the order in which a good ranker logged its pages is taken for examination:
    the choice where pairs are shown again and again, at several positions. A pass costs one count over the cells.

    Args:
        query_of_pair: int [pairs], from 0 without gaps.
        strength: impressions that the mean of the query counts for.
    """

    most_rounds = 500
    tolerance = 1e-4

    def __init__(self, query_of_pair: np.ndarray, strength: float = 1.0) -> None:
        self.query_of_pair, self.strength = query_of_pair, strength

    def fit(self, expected: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """See `RelevanceModel`."""
        total = np.bincount(self.query_of_pair, weights=expected * shown)
        mean = total / np.maximum(np.bincount(self.query_of_pair, weights=shown), 1e-9)
        return (expected * shown + self.strength * mean[self.query_of_pair]) / (shown + self.strength)


class BoostedRelevance:
    """Gradient-boosted trees over features of the pairs, as in Wang et al. (2018).

    Pairs with like features share what is known of them: the choice where pairs hardly repeat, as in logs with a long tail
    of queries. What the features can't tell of relevance stays in the curve if the log was ordered by it. The rows are the
    distinct pairs, weighted by their impressions, so that long logs cost no more.

    Args:
        features: float [pairs, F], NaN where missing; nothing counted from these clicks may be among them, as it would carry
            the positions at which the items stood.
        seed: of the trees.
    """

    most_rounds = 30
    tolerance = 1e-3

    def __init__(self, features: np.ndarray, seed: int) -> None:
        self.features, self.seed = features, seed

    def fit(self, expected: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """See `RelevanceModel`."""
        trees = HistGradientBoostingRegressor(
            max_iter=60, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=self.seed
        )
        # Threads that wait for each other actively stand still for minutes where the cores are shared with other work.
        with threadpool_limits(1, user_api="openmp"):
            return np.asarray(trees.fit(self.features, expected, sample_weight=shown).predict(self.features))
