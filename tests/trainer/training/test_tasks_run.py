"""A run with experts, declared tasks and learned weights of the tasks."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import small_shop
from trainer.data.declared_tasks import task_statistics
from trainer.evaluation.scorer import RankerScorer
from trainer.training.fit import train
from trainer.training.run import load_run

TASKS = [
    {"name": "add_to_cart", "column": "carted", "weight": 0.5},
    {"name": "order_value", "column": "value", "loss": "huber", "weight": 0.5, "on": "clicked"},
]


def prepared_with_labels(experiment, folder):
    """The shop, in which people cart the even items, and pay 300 for these and 100 for the others."""
    prepared = small_shop.prepared(folder)
    pages = prepared.pages
    labels = {
        "add_to_cart": (pages.item % 2 == 0).astype(np.float32),
        "order_value": np.where(pages.clicked == 1, np.where(pages.item % 2 == 0, 300.0, 100.0), np.nan).astype(
            np.float32
        ),
    }
    pages = dataclasses.replace(pages, labels=labels)
    features = dict(prepared.statistics["features"])
    features["items"] = {"item_id": {"kind": "categorical", "vocabulary": prepared.items["item_id"].tolist()}}
    tasks = task_statistics(experiment.tasks, pages.split("train"))
    statistics = {**prepared.statistics, "features": features, "tasks": tasks}
    return dataclasses.replace(prepared, pages=pages, statistics=statistics)


@pytest.fixture(scope="module")
def trained(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    experiment = small_shop.experiment(
        tiny_preset,
        folder,
        tasks=TASKS,
        model={"heads": "ple", "hidden": [8], "experts": {"count": 2, "hidden": [8], "task_count": 1}},
        loss={"weighting": "uncertainty", "conversion": "mse", "softmax": 1.0},
        train={"evaluations": 2, "epochs": 16, "head_learning_rate": 0.02, "stop_on": None},
        features={"items": [{"name": "item_id", "kind": "categorical", "width": 8}]},
    )
    prepared = prepared_with_labels(experiment, folder)
    return train(experiment, prepared, Console(quiet=True)), prepared


def tensorboard(folder) -> dict[str, list[float]]:
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"tensors": 0}).Reload()
    tags = [tag for tag in events.Tags()["tensors"] if tag.startswith(("train/", "gates/"))]
    return {tag: [float(tf.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)] for tag in tags}


def test_tensorboard_shows_the_gates_of_each_task_and_the_learned_variances(trained):
    shown = tensorboard(trained[0])
    for task in ("ctr", "cvr", "add_to_cart", "order_value"):
        experts = [shown[f"gates/{task}/{expert}"] for expert in (f"{task}_0", "shared_0", "shared_1")]
        np.testing.assert_allclose(np.sum(experts, axis=0), 1.0, atol=1e-5)
        assert len(experts[0]) == 3
        np.testing.assert_allclose([values[0] for values in experts], 1 / 3, atol=1e-6)
        assert np.abs(np.diff(shown[f"train/log_variance_{task}"])).max() > 0
    assert {"train/add_to_cart_pointwise", "train/order_value_pointwise", "train/uncertainty"} <= set(shown)


def test_declared_tasks_are_learned_and_measured(trained):
    folder, prepared = trained
    points = [p for p in json.loads((folder / "history.json").read_text()) if "valid.gauc" in p]
    assert points[-1]["valid.add_to_cart.auc"] > 0.95
    assert points[-1]["valid.order_value.mae"] < 0.8 * points[0]["valid.order_value.mae"]
    run = load_run(folder)
    pages = prepared.pages.split("test")
    scores = RankerScorer(run.experiment, run.ranker, run.packers)(pages, prepared.items)
    assert set(scores.declared) == {"add_to_cart", "order_value"}
    assert scores.declared["add_to_cart"].predicted.min() >= 0.0
    assert scores.declared["add_to_cart"].predicted.max() <= 1.0
    assert scores.declared["order_value"].predicted.mean() > 100.0
    assert len(run.ranker.training_variables) == 2
