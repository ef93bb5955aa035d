"""Pinned, blocked and boosted items, of the config and of the request."""

import pytest

PAGE = {"ids": [["a", "b", "c", "d"]], "scores": [[4.0, 3.0, 2.0, 1.0]]}


@pytest.mark.parametrize(
    ("section", "request_lists", "expected"),
    [
        ({"pinned": ["d", "b"]}, {}, "dbac"),
        ({"pinned": ["zz", "c"]}, {}, "cabd"),
        ({}, {"pinned": [["", "c", "d", "c"]]}, "cdab"),
        ({"pinned": ["b", "d"]}, {"pinned": [["d", "zz"]]}, "dbac"),
        ({"blocked": ["a", "zz"]}, {}, "bcd"),
        ({"blocked": ["a"]}, {"blocked": [["c", ""]]}, "bd"),
        ({}, {"blocked": [["a", "b", "c", "d"]]}, ""),
        ({"pinned": ["c"]}, {"blocked": [["c"]]}, "abd"),
        ({"boosted": [{"items": ["d"], "times": 3.5}]}, {}, "adbc"),
        ({"boosted": [{"items": ["d", "c"], "plus": 2.5}]}, {}, "cadb"),
        ({"boosted": [{"items": ["a"], "times": 0.1}, {"items": ["a", "b"], "times": 0.5}]}, {}, "cbda"),
        ({}, {"boosted": [["c", "", "c"]], "boost": [[1.6, 9.0, 9.0]]}, "acbd"),
        ({"boosted": [{"items": ["c"], "plus": 0.5}]}, {"boosted": [["c"]], "boost": [[2.0]]}, "cabd"),
    ],
)
def test_rules_move_items_as_they_say(policy_of, show, section, request_lists, expected):
    found = show(policy_of(**section).shown, **PAGE, **request_lists)
    assert "".join(found["ids"][0]) == expected
    assert found["shown"][0].sum() == len(expected)


def test_padding_is_never_pinned_boosted_or_shown(policy_of, show):
    page = {"ids": [["", "a", ""]], "scores": [[9.0, 1.0, 9.0]], "mask": [[False, True, False]]}
    found = show(policy_of().shown, **page, pinned=[[""]], boosted=[[""]], boost=[[5.0]])
    assert found["ids"] == [["a", "", ""]]
    assert found["propensity"].tolist() == [[1.0, 0.0, 0.0]]


def test_lists_of_one_request_do_not_reach_another(policy_of, show):
    ids = [["a", "b"], ["a", "b"]]
    found = show(policy_of().shown, ids=ids, pinned=[["b"], [""]], blocked=[[""], ["a"]])
    assert found["ids"] == [["b", "a"], ["b", ""]]


def test_candidates_hold_the_pinned_ids_of_request_and_config(policy_of):
    policy = policy_of(pinned=["x", "y"]).policy
    assert policy.candidates([["r", ""], ["", ""]], 2).numpy().tolist() == [
        [b"r", b"", b"x", b"y"],
        [b"", b"", b"x", b"y"],
    ]
    assert policy.candidates(None, 1).numpy().tolist() == [[b"x", b"y"]]
    assert policy_of().policy.candidates(None, 3).shape == (3, 0)
