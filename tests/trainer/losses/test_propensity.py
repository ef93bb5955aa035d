"""Losses of clicks that are weighted by propensity or down-sampled, against plain arithmetic."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize

from trainer.config import LossConfig
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.losses.conversions import ClickedConversions, EntireSpaceConversions
from trainer.losses.objective import Objective
from trainer.losses.propensity_pairwise import PropensityPairwiseLoss

LOGITS = np.array([[0.5, -1.0, 2.0, 9.0], [1.0, 0.0, -3.0, 9.0]], np.float32)
CVR = np.array([[-2.0, 0.3, 1.0, 9.0], [0.5, -0.5, 0.1, 9.0]], np.float32)
CLICKED = np.array([[1, 0, 1, -1], [0, 1, 0, -1]], np.float32)
BOUGHT = np.array([[1, 0, 0, -1], [0, 0, 0, -1]], np.float32)
MASK = np.array([[True, True, True, False], [True, True, False, False]])
POSITION = np.array([[1, 2, 3, 0], [1, 2, 0, 0]], np.int32)
RELEVANCE = np.full((2, 4), np.nan, np.float32)
CURVE = ExaminationCurve("given", np.array([1.0, 0.5, 0.05]), np.array([2, 1, 1]))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def batch() -> dict[str, np.ndarray]:
    labels = {"clicked": CLICKED, "purchased": BOUGHT, "relevance": RELEVANCE}
    return {"mask": MASK, "position": POSITION, **labels}


def test_weights_are_mean_examination_over_clipped_examination() -> None:
    weights = PropensityWeights(CURVE, clip=10)
    mean = (2 * 1.0 + 0.5 + 0.1) / 4
    found = np.asarray(weights(np.array([[0, 1, 2, 3, 99]], np.int32)))
    np.testing.assert_allclose(found, [[1.0, mean, mean / 0.5, mean / 0.1, mean / 0.1]], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(PropensityWeights(CURVE, clip=1)(POSITION)), 1.0)


def test_pairs_count_each_click_by_its_weight_against_all_others() -> None:
    weight = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]], np.float32)
    pairs = [
        weight[page, i] * np.log1p(np.exp(LOGITS[page, j] - LOGITS[page, i]))
        for page in range(2)
        for i in range(4)
        for j in range(4)
        if i != j and MASK[page, i] and MASK[page, j] and CLICKED[page, i] == 1
    ]
    assert len(pairs) == 5
    found = float(PropensityPairwiseLoss()(CLICKED, LOGITS, MASK, weight))
    assert found == pytest.approx(np.mean(pairs), rel=1e-5)


def test_the_objective_takes_weighted_labels_and_weighted_pairs() -> None:
    weights = PropensityWeights(CURVE, clip=10)
    objective = Objective(
        LossConfig(pointwise=1.0, cvr=1.0), ["ctr", "cvr"], EntireSpaceConversions(), propensity=weights
    )
    parts = objective(batch(), {"ctr": LOGITS, "cvr": CVR}, None)
    w = np.asarray(weights(POSITION), np.float64)
    p = sigmoid(LOGITS)
    label = w * CLICKED
    assert label[MASK].max() > 1
    expected = -np.mean((label * np.log(p) + (1 - label) * np.log(1 - p))[MASK])
    assert float(parts["ctr_pointwise"]) == pytest.approx(expected, rel=1e-5)
    both, label = p * sigmoid(CVR), w * BOUGHT
    expected = -np.mean((label * np.log(both) + (1 - label) * np.log(1 - both))[MASK])
    assert float(parts["ctcvr_pointwise"]) == pytest.approx(expected, rel=1e-5)
    expected = float(PropensityPairwiseLoss()(CLICKED, LOGITS, MASK, w.astype(np.float32)))
    assert float(parts["ctr_pairwise"]) == pytest.approx(expected, rel=1e-5)
    s = np.log(both).astype(np.float32)
    expected = float(PropensityPairwiseLoss()(BOUGHT, s, MASK, w.astype(np.float32)))
    assert float(parts["ctcvr_pairwise"]) == pytest.approx(expected, rel=1e-4)


def test_conversions_on_clicks_are_not_weighted_and_stay_those_of_clicks() -> None:
    config = LossConfig(ctr=0.0, pairwise=0.0, pointwise=1.0, cvr=1.0)
    found = [
        float(
            Objective(config, ["ctr", "cvr"], ClickedConversions(), propensity=w)(
                batch(), {"ctr": LOGITS, "cvr": CVR}, None
            )["cvr_pointwise"]
        )
        for w in (None, PropensityWeights(CURVE, clip=10))
    ]
    assert found[0] == found[1] > 0


def position_based(random: np.random.Generator, count: int):
    """Two kinds of item, of attraction 0.6 and 0.2, the better one mostly at the top: kind, position, clicked."""
    kind = random.integers(0, 2, count)
    position = np.where(random.random(count) < 0.8, kind + 1, 2 - kind)
    clicked = random.random(count) < np.array([0.6, 0.2])[kind] * np.array([1.0, 0.4])[position - 1]
    return kind, position.astype(np.int32), clicked.astype(np.float32)


def test_weighted_labels_give_the_attraction_where_plain_ones_do_not() -> None:
    kind, position, clicked = position_based(np.random.default_rng(1), 200_000)
    curve = ExaminationCurve("given", np.array([1.0, 0.4]), np.bincount(position)[1:])
    weights = PropensityWeights(curve, clip=10)
    label = clicked * np.asarray(weights(position[None]))[0]
    # The minimum of a cross-entropy that is linear in the label is at the mean label of each kind.
    attraction = np.array([label[kind == k].mean() for k in (0, 1)]) / weights.mean
    np.testing.assert_allclose(attraction, [0.6, 0.2], atol=0.01)
    plain = [clicked[kind == k].mean() for k in (0, 1)]
    assert plain[0] / plain[1] > 4.5


def test_weighted_pairs_give_the_ratio_of_attractions_wherever_the_items_stood() -> None:
    random = np.random.default_rng(2)
    pages = 30_000
    flipped = random.random(pages) < 0.1
    position = np.where(flipped[:, None], [2, 1], [1, 2]).astype(np.int32)
    clicked = random.random((pages, 2)) < np.array([0.6, 0.2]) * np.where(position == 1, 1.0, 0.4)
    curve = ExaminationCurve("given", np.array([1.0, 0.4]), np.array([pages, pages]))
    weight = np.asarray(PropensityWeights(curve, 10)(position))
    mask = np.ones((pages, 2), bool)

    def loss(gap: float) -> float:
        logits = np.tile(np.array([gap, 0.0], np.float32), (pages, 1))
        return float(PropensityPairwiseLoss()(clicked.astype(np.float32), logits, mask, weight))

    gaps = np.log([1.0, 2.6, 2.8, 3.0, 3.2, 3.4, 15.0])
    assert np.exp(gaps[np.argmin([loss(gap) for gap in gaps])]) == pytest.approx(3.0, abs=0.25)


def test_down_sampled_losses_give_the_probabilities_of_the_whole_log() -> None:
    """A logistic regression of clicks and purchases on a quarter of what was not clicked."""
    random = np.random.default_rng(3)
    x = random.normal(size=40_000)
    click_true, buy_true = sigmoid(-2.5 + x), sigmoid(-1.0 + 0.5 * x)
    clicked = random.random(len(x)) < click_true
    bought = clicked & (random.random(len(x)) < buy_true)
    kept = clicked | (random.random(len(x)) < 0.25)
    data = {
        "mask": np.ones((kept.sum(), 1), bool),
        "clicked": clicked[kept, None].astype(np.float32),
        "purchased": bought[kept, None].astype(np.float32),
        "relevance": np.full((kept.sum(), 1), np.nan, np.float32),
    }
    x_kept = x[kept, None].astype(np.float32)
    fitted = {}
    for rate in (1.0, 0.25):
        objective = Objective(
            LossConfig(pointwise=1.0, pairwise=0.0, cvr=1.0),
            ["ctr", "cvr"],
            EntireSpaceConversions(),
            negative_rate=rate,
        )

        def loss(w: np.ndarray, objective: Objective = objective) -> tuple[float, np.ndarray]:
            v = tf.Variable(w.astype(np.float32))
            with tf.GradientTape() as tape:
                logits = {"ctr": v[0] + v[1] * x_kept, "cvr": v[2] + v[3] * x_kept}
                total = sum(objective(data, logits, None).values())
            return float(total), np.asarray(tape.gradient(total, v), np.float64)

        fitted[rate] = minimize(loss, np.array([-1.0, 0.5, -0.5, 0.5]), jac=True, method="L-BFGS-B").x
    np.testing.assert_allclose(fitted[0.25], [-2.5, 1.0, -1.0, 0.5], atol=0.12)
    w = fitted[0.25]
    ctcvr = sigmoid(w[0] + w[1] * x) * sigmoid(w[2] + w[3] * x)
    assert sigmoid(w[0] + w[1] * x).mean() == pytest.approx(clicked.mean(), rel=0.03)
    assert ctcvr.mean() == pytest.approx(bought.mean(), rel=0.06)
    assert sigmoid(fitted[1.0][0] + fitted[1.0][1] * x).mean() > 2 * clicked.mean()
