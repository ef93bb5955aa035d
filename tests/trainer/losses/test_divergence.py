"""The divergence of orders, against SciPy."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from trainer.losses.divergence import ListDivergence


@pytest.fixture
def given():
    random = np.random.default_rng(4)
    first, second = ({t: random.normal(0, 2, (5, 7)).astype(np.float32) for t in ("ctr", "cvr")} for _ in range(2))
    mask = random.random((5, 7)) < 0.7
    mask[3] = False
    return first, second, mask


def test_it_is_the_mean_of_the_pages_and_the_sum_of_the_tasks(given):
    first, second, mask = given
    expected = 0.0
    for task in ("ctr", "cvr"):
        pages = [
            entropy(softmax(a[m]), softmax(b[m])) if m.any() else 0.0
            for a, b, m in zip(first[task], second[task], mask, strict=True)
        ]
        expected += np.mean(pages)
    assert float(ListDivergence(["ctr", "cvr"])(first, second, mask)) == pytest.approx(expected, rel=1e-5)


def test_a_number_added_to_a_page_changes_nothing(given):
    first, second, mask = given
    moved = {task: logits + np.arange(5, dtype=np.float32)[:, None] for task, logits in second.items()}
    divergence = ListDivergence(["ctr"])
    assert float(divergence(first, moved, mask)) == pytest.approx(float(divergence(first, second, mask)), rel=1e-5)


def test_candidates_that_do_not_count_change_nothing(given):
    first, second, mask = given
    other = {task: np.where(mask, logits, 99.0).astype(np.float32) for task, logits in second.items()}
    divergence = ListDivergence(["cvr"])
    assert float(divergence(first, other, mask)) == pytest.approx(float(divergence(first, second, mask)), rel=1e-5)


def test_an_order_does_not_diverge_from_itself(given):
    first, _, mask = given
    assert float(ListDivergence(["ctr", "cvr"])(first, first, mask)) == 0.0
