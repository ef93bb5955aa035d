"""Exploration: what is shown how often, and whether the propensities say so."""

import numpy as np
import pytest
from scipy.stats import chisquare

PAGES = 20_000
ITEMS = 12


def pages(count, impressions, clicks=None):
    """The same page many times, with a request of its own each; the candidates are ranked as they stand."""
    letters = [chr(ord("a") + place) for place in range(ITEMS)]
    return {
        "ids": [letters] * count,
        "impressions": [impressions] * count,
        "clicks": [clicks or [0.0] * ITEMS] * count,
        "request": [f"request {place}" for place in range(count)],
    }


def exploration(method, **settings):
    return {"size": 6, "exploration": {"method": method, "share": 0.3, "positions": (2, 5), **settings}}


NEW_BELOW_THE_LIST = [500.0] * 6 + [0.0, 500.0, 5.0, 99.0, 100.0, 3.0]
"""New are g, i, j and l, which the list of six does not show."""


def counted(found, position):
    letters, counts = np.unique([row[position] for row in found["ids"]], return_counts=True)
    return dict(zip(letters.tolist(), counts.tolist(), strict=True))


def test_each_position_gives_way_with_its_share_to_any_new_item(policy_of, show):
    found = show(policy_of(**exploration("epsilon")).shown, **pages(PAGES, NEW_BELOW_THE_LIST))
    for position, base in enumerate("abcdef"):
        counts = counted(found, position)
        if position in (0, 5):
            assert counts == {base: PAGES}
            continue
        expected = {base: 0.7} | dict.fromkeys("gijl", 0.3 / 4)
        assert counts.keys() == expected.keys()
        assert chisquare([counts[i] for i in expected], [PAGES * p for p in expected.values()]).pvalue > 0.001
    np.testing.assert_allclose(found["propensity"][found["explored"]], 0.3 / 4, rtol=1e-6)
    np.testing.assert_allclose(found["propensity"][:, 1:5][~found["explored"][:, 1:5]], 0.7, rtol=1e-6)
    assert (found["propensity"][:, [0, 5]] == 1.0).all()


def test_positions_give_way_independently(policy_of, show):
    found = show(policy_of(**exploration("epsilon")).shown, **pages(PAGES, NEW_BELOW_THE_LIST))
    patterns = found["explored"][:, 1:5] @ [8, 4, 2, 1]
    ones = np.array([bin(pattern).count("1") for pattern in range(16)])
    expected = PAGES * 0.3**ones * 0.7 ** (4 - ones)
    assert chisquare(np.bincount(patterns, minlength=16), expected).pvalue > 0.001


def test_with_too_few_new_items_later_positions_give_way_less_often(policy_of, show):
    """One new item: it comes to the i-th position if none before gave way."""
    found = show(policy_of(**exploration("epsilon")).shown, **pages(PAGES, [500.0] * 11 + [0.0]))
    for index, position in enumerate(range(1, 5)):
        expected = 0.3 * 0.7**index
        counts = counted(found, position)
        assert chisquare([counts["l"], PAGES - counts["l"]], [PAGES * expected, PAGES * (1 - expected)]).pvalue > 0.001
        lent = found["explored"][:, position]
        np.testing.assert_allclose(found["propensity"][lent, position], expected, rtol=1e-5)
        np.testing.assert_allclose(found["propensity"][~lent, position], 1 - expected, rtol=1e-5)


@pytest.mark.parametrize("method", ["epsilon", "thompson"])
def test_every_pair_is_seen_as_often_as_its_propensity_says(policy_of, show, method):
    """Sums of 1 / propensity over the pages that show a pair estimate the number of pages: what IPS rests on."""
    clicks = [0.0] * 6 + [0.0, 0.0, 1.0, 9.0, 0.0, 1.0]
    policy = policy_of(**exploration(method, pool=3, draws=200, prior=(1.0, 9.0)))
    given = pages(4000, NEW_BELOW_THE_LIST, clicks)
    found = show(policy.shown, **given)
    ids = np.array(found["ids"])
    for position in range(1, 5):
        for item in np.unique(ids[:, position]):
            weights = np.where(ids[:, position] == item, 1.0 / found["propensity"][:, position], 0.0)
            deviation = weights.std() / np.sqrt(len(weights))
            # Propensities counted from 201 rounds are up to 1 / 201 too high, against chances of 0.1 and more of a number.
            assert abs(weights.mean() - 1.0) < 4.0 * deviation + 0.03, (position, item)


def test_thompson_takes_items_as_often_as_their_draws_win(policy_of, show):
    clicks = [0.0] * 6 + [0.0, 0.0, 1.0, 9.0, 0.0, 1.0]
    policy = policy_of(**exploration("thompson", prior=(1.0, 9.0), positions=(3, 4), draws=400))
    count = 5000
    found = show(policy.shown, **pages(count, NEW_BELOW_THE_LIST, clicks))
    # g, i, j and l: clicks and skips with the prior, drawn afresh by NumPy.
    rates = np.random.default_rng(1).beta([1, 2, 10, 2], [9, 13, 99, 11], (400_000, 4))
    numbered = np.argsort(-rates, axis=1)
    first, second = (np.bincount(numbered[:, rank], minlength=4) / len(rates) for rank in (0, 1))
    for position, chances in ((2, 0.3 * first), (3, 0.3 * (0.7 * first + 0.3 * second))):
        counts = counted(found, position)
        expected = dict(zip("gijl", chances, strict=True)) | {"cd"[position - 2]: 0.7}
        assert counts.keys() == expected.keys()
        assert chisquare([counts[i] for i in expected], [count * p for p in expected.values()]).pvalue > 0.001
        for item, chance in zip("gijl", chances, strict=True):
            said = found["propensity"][:, position][[row[position] == item for row in found["ids"]]]
            # Too high by (1 - q) / 401 on average, q = chance / 0.3.
            assert abs(said.mean() - chance) < 0.3 / 401 + 4 * said.std() / np.sqrt(len(said))


def test_a_repeated_request_gets_the_same_list_and_others_get_others(policy_of, show):
    for method in ("epsilon", "thompson"):
        module = policy_of(**exploration(method, draws=20))
        again = pages(50, NEW_BELOW_THE_LIST)
        once, twice = show(module.shown, **again), show(module.shown, **again)
        assert once["ids"] == twice["ids"]
        assert (once["propensity"] == twice["propensity"]).all()
        assert len({tuple(row) for row in once["ids"]}) > 10


def test_without_a_name_every_call_draws_anew(policy_of, show):
    module = policy_of(**exploration("epsilon"))
    given = pages(200, NEW_BELOW_THE_LIST) | {"request": [""] * 200}
    once, twice = show(module.shown, **given), show(module.shown, **given)
    assert once["ids"] != twice["ids"]
    assert len({tuple(row) for row in once["ids"]}) > 10


def test_no_item_is_lost_or_shown_twice(policy_of, show):
    section = exploration("epsilon", share=1.0, positions=(1, 12)) | {"size": 12}
    found = show(policy_of(**section).shown, **pages(20, [0.0] * ITEMS))
    assert all(sorted(row) == list("abcdefghijkl") for row in found["ids"])
    assert not found["explored"].any()
    found = show(policy_of(**exploration("epsilon", share=1.0)).shown, **pages(200, NEW_BELOW_THE_LIST))
    assert all(row[0] == "a" and row[5] == "f" and sorted(row[1:5]) == list("gijl") for row in found["ids"])
    np.testing.assert_allclose(found["propensity"], [[1, 0.25, 0.25, 0.25, 0.25, 1]] * 200)


def test_pinned_items_are_not_displaced(policy_of, show):
    section = exploration("epsilon", share=0.5) | {"pinned": ["k", "h", "j"]}
    found = show(policy_of(**section).shown, **pages(2000, NEW_BELOW_THE_LIST))
    assert {tuple(row[:3]) for row in found["ids"]} == {("k", "h", "j")}
    assert (found["propensity"][:, :3] == 1.0).all()
    # Positions 4 and 5 give way to g, i and l.
    assert set(counted(found, 3)) == {"a", "g", "i", "l"}
    np.testing.assert_allclose(found["propensity"][:, 3:5][found["explored"][:, 3:5]], 0.5 / 3, rtol=1e-6)


def test_a_page_shorter_than_the_explored_positions_shows_what_it_has(policy_of, show):
    given = {"ids": [["a", "b", "c"]], "impressions": [[0.0, 0.0, 0.0]]}
    for method in ("epsilon", "thompson"):
        found = show(policy_of(**exploration(method, share=1.0, draws=5)).shown, **given)
        assert found["ids"] == [["a", "b", "c"]]
        assert (found["propensity"] == 1.0).all()
