"""The divergences of probabilities and of orders, against SciPy."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from scipy.stats import entropy

from trainer.losses.divergence import Divergence, ListDivergence


@pytest.fixture
def given():
    random = np.random.default_rng(4)
    first, second = ({t: random.normal(0, 2, (5, 7)).astype(np.float32) for t in ("ctr", "cvr")} for _ in range(2))
    mask = random.random((5, 7)) < 0.7
    mask[3] = False
    return first, second, mask


def test_it_is_the_mean_of_the_pages_and_the_weighted_sum_of_the_tasks(given):
    first, second, mask = given
    expected = 0.0
    for task, weight in (("ctr", 1.0), ("cvr", 0.2)):
        pages = [
            entropy(softmax(a[m]), softmax(b[m])) if m.any() else 0.0
            for a, b, m in zip(first[task], second[task], mask, strict=True)
        ]
        expected += weight * np.mean(pages)
    assert float(ListDivergence({"ctr": 1.0, "cvr": 0.2})(first, second, mask)) == pytest.approx(expected, rel=1e-5)


def test_that_of_probabilities_is_the_mean_of_the_candidates_and_the_weighted_sum_of_the_tasks(given):
    first, second, mask = given
    expected = 0.0
    for task, weight in (("ctr", 1.0), ("cvr", 0.2)):
        p, q = expit(first[task][mask]), expit(second[task][mask])
        expected += weight * np.mean([entropy([a, 1 - a], [b, 1 - b]) for a, b in zip(p, q, strict=True)])
    assert float(Divergence({"ctr": 1.0, "cvr": 0.2})(first, second, mask)) == pytest.approx(expected, rel=1e-4)


def test_a_number_added_to_a_page_changes_nothing(given):
    first, second, mask = given
    moved = {task: logits + np.arange(5, dtype=np.float32)[:, None] for task, logits in second.items()}
    divergence = ListDivergence({"ctr": 1.0})
    assert float(divergence(first, moved, mask)) == pytest.approx(float(divergence(first, second, mask)), rel=1e-5)


def test_candidates_that_do_not_count_change_nothing(given):
    first, second, mask = given
    other = {task: np.where(mask, logits, 99.0).astype(np.float32) for task, logits in second.items()}
    divergence = ListDivergence({"cvr": 1.0})
    assert float(divergence(first, other, mask)) == pytest.approx(float(divergence(first, second, mask)), rel=1e-5)


def test_an_order_does_not_diverge_from_itself(given):
    first, _, mask = given
    assert float(ListDivergence({"ctr": 1.0, "cvr": 1.0})(first, first, mask)) == 0.0
