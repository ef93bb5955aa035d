import warnings
from math import log

import numpy as np
import pytest
from scipy import sparse

from trainer.collaborative.interactions import Interactions
from trainer.collaborative.neighbours import find_neighbours
from trainer.config import AlsConfig, CollaborativeConfig

IDS = np.array([f"i{n}" for n in range(12)], object)


def interactions(seed=0):
    """Thirty users and eight queries of twelve items, the last of which nobody clicked."""
    random = np.random.default_rng(seed)
    parts = []
    for rows in (30, 8):
        weights = random.integers(1, 5, (rows, 12)) * (random.random((rows, 12)) < 0.25)
        weights[:, -1] = 0
        parts.append(sparse.csr_matrix(weights.astype(np.float32)))
    return Interactions(parts[0], "users", parts[1], np.array([f"q{n}" for n in range(8)], object), 0)


def scores(table, kind):
    """As a matrix of item and neighbour, 0 where there is none."""
    found = np.zeros((12, 12))
    part = table[table["kind"] == kind]
    found[[int(i[1:]) for i in part["item_id"]], [int(i[1:]) for i in part["neighbour_id"]]] = part["score"]
    return found


def cosines(vectors):
    length = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(length > 0, length, 1)[:, None]
    found = unit @ unit.T
    np.fill_diagonal(found, 0)
    return found


def bm25(matrix):
    """Items as documents of users, k1 = 1.2, b = 0.75."""
    items = matrix.shape[1]
    mean = matrix.sum() / items
    weighted = np.zeros(matrix.shape)
    for row, item in zip(*matrix.nonzero(), strict=True):
        idf = log(items) - log(1 + np.count_nonzero(matrix[row]))
        length = 0.25 + 0.75 * matrix[:, item].sum() / mean
        weighted[row, item] = matrix[row, item] * 2.2 / (1.2 * length + matrix[row, item]) * idf
    found = weighted.T @ weighted
    np.fill_diagonal(found, 0)
    return found


def als(matrix, factors, regularization, seed, passes):
    """Hu, Koren and Volinsky with exact solutions: confidence is the weight, 1 where there is none."""
    random = np.random.default_rng(seed)
    users, items = (random.random((n, factors)) * 0.01 for n in matrix.shape)

    def solved(weights, others):
        gram = others.T @ others + regularization * np.eye(factors)
        rows = []
        for row in weights:
            known = row > 0
            near, c = others[known], row[known]
            rows.append(np.linalg.solve(gram + near.T @ ((c - 1)[:, None] * near), near.T @ c))
        return np.array(rows)

    for _ in range(passes):
        users = solved(matrix, items)
        items = solved(matrix.T, users)
    return items


def config(**keys):
    return CollaborativeConfig(threads=1, **keys)


def test_cosine_is_that_of_the_items_users():
    given = interactions()
    found = find_neighbours(given, IDS, config(kinds=["cosine"], neighbours=20), 1)
    assert scores(found, "cosine") == pytest.approx(cosines(given.users.toarray().T), abs=1e-6)


@pytest.mark.parametrize(("kind", "side"), [("bm25", "users"), ("queries", "queries")])
def test_bm25_is_that_of_the_items_users_or_queries(kind, side):
    given = interactions()
    found = find_neighbours(given, IDS, config(kinds=[kind], neighbours=20), 1)
    expected = bm25(getattr(given, side).toarray())
    assert scores(found, kind) == pytest.approx(np.maximum(expected, 0), abs=1e-5)


def test_als_is_the_cosine_of_factors_that_exact_least_squares_reaches_too():
    given = interactions()
    settings = AlsConfig(factors=4, iterations=300, regularization=0.1, alpha=2)
    found = scores(find_neighbours(given, IDS, config(kinds=["als"], neighbours=20, als=settings), 3), "als")
    expected = np.maximum(cosines(als(2 * given.users.toarray(), 4, 0.1, 5, 300)), 0)
    assert found[:11, :11] == pytest.approx(expected[:11, :11], abs=0.02)


def test_ranks_run_from_1_down_the_scores_and_stop_at_the_limit():
    table = find_neighbours(interactions(), IDS, config(kinds=["cosine", "als"], neighbours=4), 1)
    assert list(dict.fromkeys(table["kind"])) == ["cosine", "als"]
    for _, part in table.groupby(["kind", "item_id"]):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["score"].is_monotonic_decreasing
        assert len(part) <= 4
    whole = find_neighbours(interactions(), IDS, config(kinds=["cosine", "als"], neighbours=20), 1)
    kept = whole[whole["rank"] <= 4].reset_index(drop=True)
    assert table[["item_id", "kind", "rank"]].equals(kept[["item_id", "kind", "rank"]])
    assert table["score"].to_numpy() == pytest.approx(kept["score"].to_numpy())


def test_no_item_is_near_itself_and_none_that_nobody_clicked_is_near_anything():
    table = find_neighbours(interactions(), IDS, config(kinds=["cosine", "bm25", "als", "queries"]), 1)
    assert (table["item_id"] != table["neighbour_id"]).all()
    assert "i11" not in {*table["item_id"], *table["neighbour_id"]}
    assert (table["score"] > 0).all()


def test_one_seed_gives_one_table_whatever_the_threads():
    als_only = {"kinds": ["als"], "als": AlsConfig(factors=4)}
    first, again, threads, other = (
        find_neighbours(interactions(), IDS, CollaborativeConfig(threads=n, **als_only), seed)
        for n, seed in ((1, 1), (1, 1), (2, 1), (1, 2))
    )
    assert first.equals(again)
    assert first.equals(threads)
    assert not first.equals(other)


def test_where_no_row_has_two_items_there_are_no_neighbours_but_the_columns():
    single = sparse.csr_matrix(np.eye(12, dtype=np.float32))
    given = Interactions(single, "users", sparse.csr_matrix((0, 12), dtype=np.float32), np.zeros(0, object), 0)
    table = find_neighbours(given, IDS, config(kinds=["cosine", "bm25", "als", "queries"]), 1)
    assert table.empty
    assert list(table.columns) == ["item_id", "neighbour_id", "score", "rank", "kind"]


def test_fitting_says_how_far_it_is_and_warns_of_nothing():
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings = config(kinds=["cosine", "als"], als=AlsConfig(factors=2, iterations=3))
        find_neighbours(interactions(), IDS, settings, 1, said.append)
    assert said[0] == "neighbours of items (cosine)"
    assert said[-1] == "neighbours of items (als, iteration 3 of 3)"
