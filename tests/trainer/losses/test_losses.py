"""Losses against plain arithmetic."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import LossConfig
from trainer.losses.conversions import ClickedConversions, EntireSpaceConversions
from trainer.losses.objective import Objective
from trainer.losses.pairwise import PairwiseLoss
from trainer.losses.pointwise import EntireSpaceLoss, PointwiseLoss

LOGITS = np.array([[0.5, -1.0, 2.0, 9.0], [1.0, 0.0, -3.0, 9.0]], np.float32)
CVR = np.array([[-2.0, 0.3, 1.0, 9.0], [0.5, -0.5, 0.1, 9.0]], np.float32)
CLICKED = np.array([[1, 0, 1, -1], [0, 1, 0, -1]], np.float32)
BOUGHT = np.array([[1, 0, 0, -1], [0, 0, 0, -1]], np.float32)
MASK = np.array([[True, True, True, False], [True, True, False, False]])


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def cross_entropy(label, p):
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))


def test_pointwise_is_the_mean_cross_entropy_of_what_counts():
    expected = np.mean([cross_entropy(y, sigmoid(z)) for y, z in zip(CLICKED[MASK], LOGITS[MASK], strict=True)])
    assert float(PointwiseLoss()(CLICKED, LOGITS, MASK)) == pytest.approx(expected, rel=1e-5)


def test_entire_space_is_the_cross_entropy_of_the_product():
    p = sigmoid(LOGITS) * sigmoid(CVR)
    expected = np.mean(cross_entropy(BOUGHT, p)[MASK])
    assert float(EntireSpaceLoss()(BOUGHT, LOGITS, CVR, MASK)) == pytest.approx(expected, rel=1e-5)


def test_entire_space_stays_finite_at_the_edges():
    logits = tf.Variable([[60.0, -60.0]])
    with tf.GradientTape() as tape:
        loss = EntireSpaceLoss()(tf.constant([[0.0, 1.0]]), logits, logits, tf.constant([[True, True]]))
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_pairwise_is_the_mean_over_ordered_pairs():
    pairs = []
    for page in range(2):
        for i in range(4):
            for j in range(4):
                if MASK[page, i] and MASK[page, j] and CLICKED[page, i] > CLICKED[page, j]:
                    pairs.append(np.log1p(np.exp(-(LOGITS[page, i] - LOGITS[page, j]))))
    assert len(pairs) == 3
    assert float(PairwiseLoss()(CLICKED, LOGITS, MASK)) == pytest.approx(np.mean(pairs), rel=1e-5)


@pytest.mark.parametrize("loss", [PointwiseLoss(), PairwiseLoss()])
def test_nothing_that_counts_gives_zero_and_finite_gradients(loss):
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        value = loss(tf.constant(CLICKED), logits, tf.zeros_like(MASK))
    assert float(value) == 0.0
    assert np.isfinite(tape.gradient(value, logits)).all()


def batch() -> dict[str, np.ndarray]:
    relevance = np.array([[np.nan, 0.0, 1.0, np.nan], [np.nan] * 4], np.float32)
    return {"mask": MASK, "clicked": CLICKED, "purchased": BOUGHT, "relevance": relevance}


def test_the_objective_weighs_its_parts():
    config = LossConfig(pointwise=0.5, pairwise=2.0, ctr=3.0, cvr=0.0)
    parts = Objective(config, ["ctr", "cvr"], EntireSpaceConversions())(batch(), {"ctr": LOGITS, "cvr": CVR}, None)
    assert set(parts) == {"ctr_pointwise", "ctr_pairwise"}
    assert float(parts["ctr_pointwise"]) == pytest.approx(1.5 * float(PointwiseLoss()(CLICKED, LOGITS, MASK)), rel=1e-6)
    assert float(parts["ctr_pairwise"]) == pytest.approx(6.0 * float(PairwiseLoss()(CLICKED, LOGITS, MASK)), rel=1e-6)


def test_position_bias_is_added_to_the_click_logit():
    bias = np.full_like(LOGITS, 0.7)
    parts = Objective(LossConfig(cvr=0.0, pairwise=0.0), ["ctr", "cvr"], EntireSpaceConversions())(
        batch(), {"ctr": LOGITS, "cvr": CVR}, bias
    )
    expected = 0.2 * float(PointwiseLoss()(CLICKED, LOGITS + bias, MASK))
    assert float(parts["ctr_pointwise"]) == pytest.approx(expected, rel=1e-6)


def test_conversions_are_learned_on_clicks_alone_without_the_entire_space():
    parts = Objective(LossConfig(ctr=0.0, pairwise=0.0, cvr=1.0), ["ctr", "cvr"], ClickedConversions())(
        batch(), {"ctr": LOGITS, "cvr": CVR}, None
    )
    clicked = MASK & (CLICKED == 1)
    expected = 0.2 * np.mean(cross_entropy(BOUGHT[clicked], sigmoid(CVR[clicked])))
    assert float(parts["cvr_pointwise"]) == pytest.approx(expected, rel=1e-5)


def test_relevance_counts_only_where_judged():
    parts = Objective(LossConfig(ctr=0.0, cvr=0.0), ["ctr", "cvr", "relevance"], EntireSpaceConversions())(
        batch(), {"ctr": LOGITS, "cvr": CVR, "relevance": LOGITS}, None
    )
    expected = 0.2 * np.mean([cross_entropy(0.0, sigmoid(-1.0)), cross_entropy(1.0, sigmoid(2.0))])
    assert float(parts["relevance_pointwise"]) == pytest.approx(expected, rel=1e-5)
    assert float(parts["relevance_pairwise"]) == pytest.approx(np.log1p(np.exp(-3.0)), rel=1e-5)
