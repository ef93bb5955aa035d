"""Click chances by item, place and context."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit, logit
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from trainer.off_policy.logged_impressions import LoggedImpressions


class ClickModel:
    """Logistic regression over item, position and the columns of the context.

    With scikit-learn's penalty as it comes: an item with few impressions stays near the mean of all.
    """

    def __init__(self, log: LoggedImpressions) -> None:
        """Encode the impressions; clicks are not looked at.

        Args:
            log: the impressions.
        """
        self.items = len(log.items)
        self.item, self.clicked = log.item, log.clicked
        places = log.context.assign(position=log.position.astype(str))
        numbers = [name for name in log.context if pd.api.types.is_numeric_dtype(log.context[name])]
        encoder = make_column_transformer(
            (StandardScaler(), numbers),
            (OneHotEncoder(), [name for name in places if name not in numbers]),
            sparse_threshold=1.0,
        )
        self.places = sparse.csr_matrix(encoder.fit_transform(places))
        self.place_logit, self.item_logit = np.zeros(len(log)), np.zeros(self.items)

    def fit(self, rows: np.ndarray) -> None:
        """Learn from some impressions.

        Args:
            rows: which, int64.
        """
        one_hot = sparse.csr_matrix(
            (np.ones(len(rows)), (np.arange(len(rows)), self.item[rows])), (len(rows), self.items)
        )
        clicked = self.clicked[rows]
        if clicked.min() == clicked.max():
            # No regression where all is one class: the rate, kept off 0 and 1.
            self.place_logit = np.full(len(self.item), logit((clicked.sum() + 0.5) / (len(rows) + 1)))
            self.item_logit = np.zeros(self.items)
            return
        model = LogisticRegression(max_iter=1000)
        model.fit(sparse.hstack([one_hot, self.places[rows]], format="csr"), clicked)
        weight = model.coef_[0]
        self.item_logit = weight[: self.items]
        self.place_logit = self.places @ weight[self.items :] + model.intercept_[0]

    def predict(self, rows: np.ndarray, item: np.ndarray) -> np.ndarray:
        """Chances of a click.

        Args:
            rows: the impressions in whose places the items are put, int64 [S].
            item: the items, int64 [S].

        Returns:
            float64 [S].
        """
        return expit(self.place_logit[rows] + self.item_logit[item])
