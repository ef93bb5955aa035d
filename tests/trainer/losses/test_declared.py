"""Losses of declared tasks and the weighting of tasks, against plain arithmetic."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import LossConfig, TaskConfig
from trainer.data.declared_tasks import DeclaredTask
from trainer.losses.build import build_objective, build_weighting
from trainer.losses.declared import DeclaredLoss

OUTPUT = np.array([[0.5, -1.0, 2.0, 9.0], [1.0, 0.2, -3.0, 9.0]], np.float32)
CLICKED = np.array([[1, 0, 1, -1], [0, 1, 1, -1]], np.float32)
BOUGHT = np.array([[1, 0, 0, -1], [0, 1, 1, -1]], np.float32)
CARTED = np.array([[1, 0, np.nan, 1], [0, 1, 0, np.nan]], np.float32)
VALUE = np.array([[30.0, np.nan, 7.0, 5.0], [9.0, 12.0, 44.0, np.nan]], np.float32)
MASK = np.array([[True, True, True, False]] * 2)
RELEVANCE = np.full((2, 4), np.nan, np.float32)
BATCH = {
    "mask": MASK,
    "clicked": CLICKED,
    "purchased": BOUGHT,
    "relevance": RELEVANCE,
    "task.add_to_cart": CARTED,
    "task.order_value": VALUE,
}
CART = TaskConfig(name="add_to_cart", column="carted", weight=0.5)


def value(**changes) -> TaskConfig:
    return TaskConfig(**{"name": "order_value", "column": "value", "loss": "mse", "weight": 0.1, **changes})


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def cross_entropy(label, p):
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))


def huber(error, delta):
    return np.where(np.abs(error) <= delta, 0.5 * error**2, delta * (np.abs(error) - 0.5 * delta))


@pytest.mark.parametrize(("on", "label"), [("all", None), ("clicked", CLICKED), ("purchased", BOUGHT)])
def test_a_probability_is_learned_by_cross_entropy_where_its_label_counts(on, label):
    chosen = MASK & ~np.isnan(CARTED) & (True if label is None else label == 1)
    task = CART.model_copy(update={"on": on})
    found = DeclaredLoss(DeclaredTask(task, 0.5, 0.5))(BATCH, OUTPUT)
    expected = np.mean(cross_entropy(CARTED[chosen], sigmoid(OUTPUT[chosen])))
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("task", "by_hand"),
    [
        (value(on="purchased"), lambda e: e**2),
        (value(on="purchased", loss="huber"), lambda e: huber(e, 1.0)),
        (value(on="purchased", loss="huber", delta=0.3), lambda e: huber(e, 0.3)),
    ],
)
def test_a_value_is_learned_standardised(task, by_hand):
    chosen = MASK & ~np.isnan(VALUE) & (BOUGHT == 1)
    found = DeclaredLoss(DeclaredTask(task, 20.0, 8.0))(BATCH, OUTPUT)
    expected = np.mean(by_hand((VALUE[chosen] - 20.0) / 8.0 - OUTPUT[chosen]))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_unknown_labels_and_padding_have_no_gradient():
    output = tf.Variable(OUTPUT)
    for config, label in ((CART, CARTED), (value(), VALUE)):
        with tf.GradientTape() as tape:
            loss = DeclaredLoss(DeclaredTask(config, 0.5, 0.5))(BATCH, output)
        gradient = np.asarray(tape.gradient(loss, output))
        assert np.isfinite(gradient).all()
        np.testing.assert_array_equal(gradient != 0.0, MASK & ~np.isnan(label))
    nothing = {**BATCH, "mask": np.zeros_like(MASK)}
    assert float(DeclaredLoss(DeclaredTask(CART, 0.5, 0.5))(nothing, OUTPUT)) == 0.0


DECLARED = [DeclaredTask(CART, 0.5, 0.5), DeclaredTask(value(), 20.0, 8.0)]
TASKS = ["ctr", "cvr", "add_to_cart", "order_value"]
LOGITS = dict.fromkeys(TASKS, OUTPUT)


def test_declared_tasks_have_their_own_weight_in_the_objective():
    config = LossConfig(pointwise=0.3, cvr=0.0)
    parts = build_objective(config, TASKS, "entire_space", declared=DECLARED)(BATCH, LOGITS, None)
    assert set(parts) == {"ctr_pointwise", "ctr_pairwise", "add_to_cart_pointwise", "order_value_pointwise"}
    for task in DECLARED:
        expected = task.config.weight * float(DeclaredLoss(task)(BATCH, OUTPUT))
        assert float(parts[f"{task.name}_pointwise"]) == pytest.approx(expected, rel=1e-6)


def test_only_probabilities_diverge():
    objective = build_objective(LossConfig(cvr=0.0), TASKS, "entire_space", declared=DECLARED)
    assert objective.probability_tasks == ["ctr", "add_to_cart"]


def uncertain(config: LossConfig):
    weighting = build_weighting(config, TASKS, DECLARED)
    return weighting, build_objective(config, TASKS, "entire_space", declared=DECLARED, weighting=weighting)


def test_uncertainty_starts_at_the_fixed_weights():
    fixed = build_objective(LossConfig(), TASKS, "entire_space", declared=DECLARED)(BATCH, LOGITS, None)
    _, objective = uncertain(LossConfig(weighting="uncertainty"))
    found = objective(BATCH, LOGITS, None)
    assert set(found) == {*fixed, "uncertainty"}
    for name, expected in fixed.items():
        assert float(found[name]) == pytest.approx(float(expected), rel=1e-5)


def test_uncertainty_weighs_each_task_by_its_learned_variance():
    weighting, objective = uncertain(LossConfig(weighting="uncertainty"))
    logs = {"ctr": 0.7, "cvr": -0.4, "add_to_cart": 0.1, "order_value": -1.2}
    weighting.scaled.assign([logs[task] / 10.0 for task in weighting.tasks])
    found = objective(BATCH, LOGITS, None)
    losses = objective.by_task(BATCH, LOGITS, None)
    total = 0.0
    for task, s in logs.items():
        factor = 0.5 if task == "order_value" else 1.0
        total += factor * np.exp(-s) * sum(float(v) for v in losses[task].values()) + 0.5 * s
    assert sum(float(v) for v in found.values()) == pytest.approx(total, rel=1e-5)
    assert {k: float(v) for k, v in objective.shown.items()} == pytest.approx(
        {f"log_variance_{task}": s for task, s in logs.items()}, rel=1e-5
    )


def test_the_learned_variance_of_a_task_is_that_of_its_loss():
    weighting, objective = uncertain(LossConfig(weighting="uncertainty"))
    losses = objective.by_task(BATCH, LOGITS, None)
    of_task = {task: sum(float(v) for v in parts.values()) for task, parts in losses.items()}
    # Where the gradient by s is 0: exp(-s) L = 1/2, for a squared error exp(-s) L / 2 = 1/2.
    at_rest = [np.log(of_task[t] * (1.0 if t == "order_value" else 2.0)) for t in weighting.tasks]
    weighting.scaled.assign(np.array(at_rest) / 10.0)
    with tf.GradientTape() as tape:
        loss = sum(weighting(objective.by_task(BATCH, LOGITS, None)).values())
    np.testing.assert_allclose(np.asarray(tape.gradient(loss, weighting.scaled.value)), 0.0, atol=1e-4)


def test_a_task_without_labels_is_not_weighed_up_without_end():
    weighting, objective = uncertain(LossConfig(weighting="uncertainty"))
    weighting.scaled.assign([-70.0] * 4)
    assert {float(value) for value in objective.shown.values()} == {-6.0}


def test_fixed_weighting_learns_nothing():
    assert build_weighting(LossConfig(), TASKS, DECLARED) is None
