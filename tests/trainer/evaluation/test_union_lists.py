import numpy as np
import pytest

from trainer.errors import InputError
from trainer.evaluation.union_lists import union_lists


def joined(lists, quotas, length):
    """One page in plain Python."""
    union = []
    for beyond in (False, True):
        for name, quota in quotas.items():
            fresh = [i for i in dict.fromkeys(lists[name]) if i >= 0 and i not in union]
            union += fresh if beyond else fresh[:quota]
    return (union + [-1] * length)[:length]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [3, 8, 30])
def test_is_that_of_plain_python(seed, length):
    random = np.random.default_rng(seed)
    lists = {name: random.integers(-1, 12, (50, width)) for name, width in (("a", 6), ("b", 4), ("c", 1))}
    quotas = {"b": 2, "c": 1, "a": 3}
    expected = [joined({n: v[p].tolist() for n, v in lists.items()}, quotas, length) for p in range(50)]
    assert union_lists(lists, quotas, length).tolist() == expected


def test_by_hand():
    lists = {"text": np.array([[1, 2, 3, 4]]), "memory": np.array([[2, 5, -1, -1]])}
    assert union_lists(lists, {"memory": 1, "text": 2}, 5).tolist() == [[2, 1, 3, 5, 4]]
    assert union_lists(lists, {"text": 2, "memory": 1}, 5).tolist() == [[1, 2, 5, 3, 4]]
    assert union_lists(lists, {"text": 4}, 6).tolist() == [[1, 2, 3, 4, -1, -1]]


def test_a_quota_for_no_channel_is_refused():
    with pytest.raises(InputError, match="'texts' is no channel; known: text"):
        union_lists({"text": np.array([[1]])}, {"texts": 1}, 5)
