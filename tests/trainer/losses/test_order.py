"""List losses against plain arithmetic."""

from itertools import permutations

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import LossConfig
from trainer.losses.list_mle import ListMleLoss
from trainer.losses.order import OrderLosses
from trainer.losses.propensity_list_mle import PropensityListMleLoss
from trainer.losses.propensity_softmax import PropensitySoftmaxLoss
from trainer.losses.softmax import SoftmaxLoss

# Two clicks; one click; no click; one candidate alone; nothing counts.
LOGITS = np.array(
    [[0.5, -1.0, 2.0, 0.3], [1.0, 0.0, -3.0, 9.0], [0.1, 0.2, 0.3, 0.4], [2.0, 9.0, 9.0, 9.0], [1.0] * 4], np.float32
)
CLICKED = np.array([[1, 0, 1, 0], [0, 1, 0, -1], [0, 0, 0, 0], [1, -1, -1, -1], [1, 0, 1, 0]], np.float32)
MASK = np.array([[True] * 4, [True, True, True, False], [True] * 4, [True, False, False, False], [False] * 4])
WEIGHT = np.array([[0.5, 1.0, 2.0, 3.0]] * 5, np.float32)
GRADES = np.array([[3, 1, 0, 2]], np.float32)


def place(logits: np.ndarray, first: int, rivals: list[int]) -> float:
    """The negative log-probability that a candidate is drawn first of itself and its rivals."""
    return float(np.log(sum(np.exp(np.float64(logits[j])) for j in [first, *rivals])) - logits[first])


def list_mle_by_hand(weights: np.ndarray) -> tuple[float, int]:
    """The mean over all orders of the clicked candidates; of two, the mean over both directions."""
    total, graded = 0.0, 0
    for logits, clicked, mask, weight in zip(LOGITS, CLICKED, MASK, weights, strict=True):
        clicks = [i for i in range(4) if mask[i] and clicked[i] == 1]
        rest = [i for i in range(4) if mask[i] and clicked[i] == 0]
        orders = list(permutations(clicks))
        for order in orders:
            for rank, item in enumerate(order):
                total += weight[item] * place(logits, item, [*order[rank + 1 :], *rest]) / len(orders)
        graded += len(clicks)
    return total, graded


def test_list_mle_is_the_likelihood_that_clicked_candidates_come_first():
    total, graded = list_mle_by_hand(np.ones_like(WEIGHT))
    assert graded == 4
    assert float(ListMleLoss()(CLICKED, LOGITS, MASK)) == pytest.approx(total / graded, rel=1e-5)


def test_list_mle_of_grades_takes_the_best_first():
    expected = place(LOGITS[0], 0, [3, 1, 2]) + place(LOGITS[0], 3, [1, 2]) + place(LOGITS[0], 1, [2])
    found = ListMleLoss()(GRADES, LOGITS[:1], np.ones_like(GRADES, bool))
    assert float(found) == pytest.approx(expected / 3, rel=1e-5)


def test_list_mle_does_not_teach_the_order_in_which_candidates_were_shown():
    order = np.array([3, 1, 0, 2])
    shown = [ListMleLoss()(*(v[:1, chosen] for v in (CLICKED, LOGITS, MASK))) for chosen in (np.arange(4), order)]
    assert float(shown[0]) == pytest.approx(float(shown[1]), rel=1e-5)


def test_weighted_list_mle_counts_each_click_by_its_weight():
    total, graded = list_mle_by_hand(WEIGHT)
    found = float(PropensityListMleLoss()(CLICKED, LOGITS, MASK, WEIGHT))
    assert found == pytest.approx(total / graded, rel=1e-5)
    plain = float(PropensityListMleLoss()(CLICKED, LOGITS, MASK, np.ones_like(WEIGHT)))
    assert plain == pytest.approx(float(ListMleLoss()(CLICKED, LOGITS, MASK)), rel=1e-5)


def softmax_by_hand(page: int) -> np.ndarray:
    inside = np.flatnonzero(MASK[page])
    scores = np.exp(np.float64(LOGITS[page, inside]))
    return -np.log(scores / scores.sum())


def test_softmax_is_the_cross_entropy_against_normalised_labels():
    pages = []
    for page in (0, 1, 3):
        labels = CLICKED[page, MASK[page]]
        pages.append((labels / labels.sum() * softmax_by_hand(page)).sum())
    assert float(SoftmaxLoss()(CLICKED, LOGITS, MASK)) == pytest.approx(np.mean(pages), rel=1e-5)


def test_weighted_softmax_counts_each_click_by_its_weight():
    total = sum((WEIGHT[p, MASK[p]] * CLICKED[p, MASK[p]] * softmax_by_hand(p)).sum() for p in (0, 1, 3))
    assert float(PropensitySoftmaxLoss()(CLICKED, LOGITS, MASK, WEIGHT)) == pytest.approx(total / 4, rel=1e-5)


LOSSES = {
    "list_mle": lambda *given: ListMleLoss()(*given),
    "softmax": lambda *given: SoftmaxLoss()(*given),
    "weighted_list_mle": lambda *given: PropensityListMleLoss()(*given, WEIGHT[: len(given[0])]),
    "weighted_softmax": lambda *given: PropensitySoftmaxLoss()(*given, WEIGHT[: len(given[0])]),
}


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_pages_without_a_graded_candidate_and_padding_add_exactly_nothing(name):
    loss, logits = LOSSES[name], tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        value = loss(CLICKED, logits, MASK)
    gradient = np.asarray(tape.gradient(value, logits))
    assert not gradient[2].any()
    assert not gradient[4].any()
    assert not gradient[~MASK].any()
    assert np.abs(gradient[:2][MASK[:2]]).max() > 0
    empty = tf.Variable(LOGITS[2:3])
    with tf.GradientTape() as tape:
        nothing = loss(CLICKED[2:3], empty, MASK[2:3])
    assert float(nothing) == 0.0
    assert not np.asarray(tape.gradient(nothing, empty)).any()
    moved = np.where(MASK, LOGITS, 70.0).astype(np.float32)
    assert float(loss(CLICKED, moved, MASK)) == float(value)


def test_only_losses_with_a_weight_are_there_and_each_is_weighted():
    given = (CLICKED, LOGITS, MASK)
    found = OrderLosses(LossConfig(pairwise=0.0, list_mle=0.5, softmax=2.0))("ctr", *given, None)
    assert set(found) == {"ctr_list_mle", "ctr_softmax"}
    assert float(found["ctr_softmax"]) == pytest.approx(2.0 * float(SoftmaxLoss()(*given)), rel=1e-6)
    weighted = OrderLosses(LossConfig(pairwise=0.0, list_mle=0.5))("ctr", *given, WEIGHT)
    assert set(weighted) == {"ctr_list_mle"}
    expected = 0.5 * float(PropensityListMleLoss()(*given, WEIGHT))
    assert float(weighted["ctr_list_mle"]) == pytest.approx(expected, rel=1e-6)
