"""Which user, and which query, had to do with which item: sparse matrices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from trainer.collaborative.weights import age_in_days, decay, kind_weights
from trainer.config import CollaborativeConfig, TaskConfig
from trainer.data.pages import Pages
from trainer.data.splits import normalise_query


@dataclass(frozen=True)
class Interactions:
    """Weights of users and items, and of queries and items.

    Attributes:
        users: float32 [U, I], what a user did with an item, summed.
        rows: what the rows of ``users`` are: ``users``; or ``pages`` where the log names no user.
        queries: float32 [Q, I], what was done with an item after a query, summed.
        query_names: the queries, in lower case with single spaces (see `normalise_query`), in order, str [Q].
        without_user: interactions, before they are summed, on pages without a user; they are not in ``users``.
    """

    users: sparse.csr_matrix
    rows: str
    queries: sparse.csr_matrix
    query_names: np.ndarray
    without_user: int


def count_interactions(pages: Pages, items: int, config: CollaborativeConfig, tasks: list[TaskConfig]) -> Interactions:
    """Weigh and sum the interactions of pages.

    Args:
        pages: P training pages of the log.
        items: I, rows of the items table.
        config: weights by kind and the half-life.
        tasks: the declared tasks.

    Returns:
        The interactions of users with an id, of pages where no page has a user; and of queries, the empty one left out.
    """
    page = pages.page_of_impression
    weight = kind_weights(pages, config.weights, tasks)
    weight *= decay(age_in_days(pages.table["timestamp"]), config.half_life_days)[page]
    done = weight > 0
    user = pages.table["user_id"].fillna("").to_numpy(object)
    named = user != ""
    rows = "users" if named.any() else "pages"
    row = pd.factorize(user)[0] if named.any() else np.arange(len(pages))
    with_row = named if named.any() else np.ones(len(pages), bool)
    query, names = pd.factorize(normalise_query(pages.table["query"]).to_numpy(object), sort=True)
    asked = names[query] != ""

    def summed(row_of_page: np.ndarray, usable: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
        kept = done & usable[page]
        row_there, packed = np.unique(row_of_page[page[kept]], return_inverse=True)
        cells = (weight[kept], (packed, pages.item[kept]))
        return sparse.csr_matrix(cells, shape=(len(row_there), items)).astype(np.float32), row_there

    queries, query_there = summed(query, asked)
    without_user = int((done & ~with_row[page]).sum())
    return Interactions(summed(row, with_row)[0], rows, queries, names[query_there], without_user)


def with_two_items(matrix: sparse.csr_matrix) -> int:
    """Rows with two items or more: only they make neighbours."""
    return int((np.diff(matrix.indptr) > 1).sum())
