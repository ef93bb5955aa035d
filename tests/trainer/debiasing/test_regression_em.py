"""Examination learned from clicks alone, against the curve that made them."""

import numpy as np
import pytest

from trainer.debiasing.regression_em import ClickCells, carry_forward, regression_em
from trainer.debiasing.relevance import BoostedRelevance, RelevanceTable

POSITIONS = 10


def clicks(queries: int, pages: int, shuffled: float, seed: int):
    """A position-based log of a ranker that knows something of relevance: pair, position, clicked, truth, query, hint."""
    random = np.random.default_rng(seed)
    logit = random.normal(-1.5, 1.5, (queries, 25))
    hint = logit + random.normal(0, 0.4, logit.shape)
    query = random.integers(queries, size=pages)
    order = np.argsort(-hint[query] - 0.5 * random.gumbel(size=(pages, 25)), axis=1)[:, :POSITIONS]
    mixed = random.random(pages) < shuffled
    order[mixed] = random.permuted(order[mixed], axis=1)
    examination = 1.0 / np.arange(1, POSITIONS + 1)
    attraction = 1 / (1 + np.exp(-np.take_along_axis(logit[query], order, axis=1)))
    clicked = random.random(order.shape) < examination * attraction
    pair, place = np.unique(query[:, None] * 25 + order, return_inverse=True)
    position = np.tile(np.arange(1, POSITIONS + 1), pages)
    hints = hint[pair // 25, pair % 25]
    return place.ravel(), position, clicked.ravel().astype(float), examination, pair // 25, hints


def naive(position: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    rate = np.bincount(position, weights=clicked)[1:] / np.bincount(position)[1:]
    return rate / rate[0]


def test_a_table_of_pairs_recovers_the_curve_that_click_rates_miss() -> None:
    pair, position, clicked, truth, query, _ = clicks(100, 15_000, 0.3, 1)
    table = RelevanceTable(np.unique(query, return_inverse=True)[1])
    found = regression_em(ClickCells.of(pair, position, clicked), table)
    assert np.abs(found / found[0] - truth).max() < 0.03
    assert np.abs(naive(position, clicked) - truth).max() > 0.05


def test_trees_recover_it_where_pairs_hardly_repeat() -> None:
    pair, position, clicked, truth, _, hint = clicks(2000, 2500, 0.4, 2)
    assert len(position) / (pair.max() + 1) < 2
    found = regression_em(ClickCells.of(pair, position, clicked), BoostedRelevance(hint[:, None], 1))
    assert np.abs(found / found[0] - truth).max() < 0.05
    assert np.abs(naive(position, clicked) - truth).max() > 0.05


def test_a_round_is_the_expectation_and_the_mean_of_the_paper() -> None:
    """One round by hand: two positions, two pairs, each pair at each position, counted one impression at a time."""
    pair = np.array([0, 0, 0, 1, 1, 1])
    position = np.array([1, 1, 2, 1, 2, 2])
    clicked = np.array([1.0, 0, 1, 0, 0, 1])
    cells = ClickCells.of(pair, position, clicked)
    seen: list[np.ndarray] = []

    class OneRound:
        most_rounds, tolerance = 1, 0.0

        def fit(self, expected, shown):
            seen.append(expected)
            return expected

    found = regression_em(cells, OneRound())
    e = {1: (1 / 3) / (2 / 3), 2: 1.0}
    r = 3 / (3 * e[1] + 3 * e[2])
    r = min(r, 0.5)
    looked = {k: e[k] * (1 - r) / (1 - e[k] * r) for k in e}
    liked = {k: (1 - e[k]) * r / (1 - e[k] * r) for k in e}
    first, second = (1 + looked[1] + looked[1]) / 3, (1 + looked[2] + 1) / 3
    np.testing.assert_allclose(found, [first / max(first, second), second / max(first, second)])
    np.testing.assert_allclose(seen[0], [(1 + liked[1] + 1) / 3, (liked[1] + liked[2] + 1) / 3])


def test_cells_count_what_the_impressions_hold() -> None:
    cells = ClickCells.of(np.array([1, 0, 1, 1]), np.array([3, 1, 3, 1]), np.array([1.0, 0, 0, 1]))
    found = sorted(zip(cells.pair, cells.position, cells.shown, cells.clicked, strict=True))
    assert found == [(0, 0, 1, 0), (1, 0, 1, 1), (1, 2, 2, 1)]


def test_pairs_of_few_impressions_lean_on_their_query() -> None:
    table = RelevanceTable(np.array([0, 0, 1]), strength=2.0)
    fitted = table.fit(np.array([1.0, 0.0, 0.5]), np.array([1.0, 3.0, 10.0]))
    np.testing.assert_allclose(fitted, [(1 + 2 * 0.25) / 3, (0 + 2 * 0.25) / 5, 0.5])


@pytest.mark.parametrize(
    ("known", "expected"), [([True, False, True], [1.0, 1.0, 0.5]), ([False, True, False], [0.7, 0.7, 0.7])]
)
def test_positions_without_impressions_are_as_the_one_before(known, expected) -> None:
    assert carry_forward(np.array([1.0, 0.7, 0.5]), np.array(known)).tolist() == expected
