"""A log of nine pages, small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from trainer.data.pages import Pages

NEWEST = pd.Timestamp("2025-03-11 12:00", tz="UTC")
# Days before the newest page, user, query, and of each impression: item row, clicked, purchased.
LOG = [
    (20, "ann", "Red  Lamp", [(0, 1, 1), (1, 1, 0), (2, 0, 0)]),
    (10, "ann", "red lamp", [(0, 1, 0), (3, 0, 0)]),
    (10, "bob", "red lamp ", [(0, 1, 0), (1, 1, 0)]),
    (10, "bob", "drill", [(3, 1, 1), (2, 0, 0)]),
    (0, "cat", "drill", [(3, 1, 0), (2, 1, -1)]),
    (0, "", "drill", [(2, 1, 0)]),
    (0, "dan", "", [(4, 1, 0), (0, 0, 0)]),
    (0, "eve", "kettle", [(5, 0, 0), (1, -1, -1)]),
    (0, "dan", "lamp", [(0, 1, 0)]),
]


@pytest.fixture
def pages() -> Pages:
    """The nine pages, all of the training."""
    impressions = np.array([i for *_, shown in LOG for i in shown])
    return Pages(
        table=pd.DataFrame(
            {
                "request_id": [f"r{n}" for n in range(len(LOG))],
                "timestamp": [NEWEST - pd.Timedelta(days=age) for age, *_ in LOG],
                "user_id": [user for _, user, *_ in LOG],
                "query": [query for _, _, query, _ in LOG],
                "split": "train",
            }
        ),
        offset=np.cumsum([0, *(len(shown) for *_, shown in LOG)]),
        item=impressions[:, 0].astype(np.int32),
        position=np.ones(len(impressions), np.int32),
        clicked=impressions[:, 1].astype(np.int8),
        purchased=impressions[:, 2].astype(np.int8),
        relevance=np.full(len(impressions), np.nan, np.float32),
    )


@pytest.fixture
def items() -> pd.DataFrame:
    """Seven items, the last two without a click."""
    ids = ["lamp", "shade", "saw", "drill", "chair", "kettle", "new"]
    brands = ["acme", "acme", "bolt", "bolt", None, "acme", "bolt"]
    return pd.DataFrame({"item_id": ids, "text": ids, "brand": brands})
