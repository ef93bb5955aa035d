"""Wrong settings of lists are refused with their path."""

from pathlib import Path

import pytest

import small_shop
from trainer.errors import InputError


def shop(**lists):
    return small_shop.experiment(Path("bert"), Path("shop"), lists=lists)


def test_everything_is_off_by_default():
    lists = shop().lists
    assert [lists.pinned, lists.blocked, lists.boosted, lists.caps] == [[], [], [], []]
    assert lists.diversity.method == lists.exploration.method == "none"


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"size": 0}, r"lists\.size: .*\(found 0\)"),
        ({"diversity": {"method": "mrr"}}, r"lists\.diversity\.method: .*'mmr'.*\(found 'mrr'\)"),
        ({"diversity": {"weight": 1.5}}, r"lists\.diversity\.weight: .*\(found 1\.5\)"),
        ({"blocked": [17]}, r"lists\.blocked\.0: .*valid string \(found 17\)"),
        ({"pinned": [""]}, r"lists\.pinned\.0: "),
        ({"pinned": ["a", "b", "a"]}, r"lists\.pinned: 'a' is there twice"),
        ({"pinned": ["a"], "blocked": ["a"]}, r"lists: pinned: 'a' is in blocked too"),
        ({"boosted": [{"items": ["a"]}]}, r"lists\.boosted\.0: changes no score; give times or plus"),
        ({"boosted": [{"items": [], "plus": 1.0}]}, r"lists\.boosted\.0\.items: "),
        (
            {"caps": [{"column": "brand", "most": 4, "within": 4}]},
            r"lists\.caps\.0: most: 4 of 4 positions caps nothing",
        ),
        (
            {"caps": [{"column": "price", "most": 1, "within": 4}]},
            r"lists\.caps\.0\.column: 'price' is no declared categorical feature of items; known: brand",
        ),
        ({"surplus": "drop"}, r"lists: surplus: drop goes with caps"),
        (
            {"exploration": {"method": "epsilon", "positions": [9, 3]}},
            r"lists\.exploration\.positions: the first is 9, after the last, 3",
        ),
        (
            {"size": 8, "exploration": {"method": "epsilon"}},
            r"lists: exploration\.positions: the last is 10, beyond size, 8",
        ),
    ],
)
def test_a_wrong_value_is_named(lists, message):
    with pytest.raises(InputError, match=message):
        shop(**lists)
