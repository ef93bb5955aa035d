"""Which items were clicked and bought for a query."""

import numpy as np
import pandas as pd

from trainer.collaborative.interactions import Interactions
from trainer.collaborative.ranking import ranked


def query_memory(interactions: Interactions, item_ids: np.ndarray, most: int) -> pd.DataFrame:
    """The items that users clicked and bought after each query.

    Of items with equal scores the one with more over all queries comes first, then the order of the table.

    Args:
        interactions: weights of queries and items; pages without a user count too.
        item_ids: ids by row of the items table, str [I].
        most: items of a query.

    Returns:
        ``query`` (lower case, single spaces, none before or after; see `normalise_query`), ``item_id``, ``score`` and
        ``rank`` (1 for the best), by query.
    """
    cells = interactions.queries.tocoo()
    overall = np.bincount(cells.col, weights=cells.data, minlength=len(item_ids))
    standing = np.empty(len(item_ids), np.int64)
    standing[np.argsort(-overall, kind="stable")] = np.arange(len(item_ids))
    order, rank = ranked(cells.row, cells.data, standing[cells.col], most)
    return pd.DataFrame(
        {
            "query": interactions.query_names[cells.row[order]],
            "item_id": item_ids[cells.col[order]],
            "score": cells.data[order],
            "rank": rank,
        }
    ).astype({"query": "str", "item_id": "str"})
