"""Training with an early stop; only the child process imports this."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from trainer.config import RetrievalConfig
from trainer.errors import InputError
from trainer.retrieval.batches import ClickBatches, page_inputs
from trainer.retrieval.material import Material
from trainer.retrieval.model import TwoTower, optimizer, top_k_metric

PAGES_AT_ONCE = 1024
STEPS_A_REPORT = 20

Report = Callable[[dict[str, Any]], None]


def learn(material: Material, report: Report) -> tuple[TwoTower, dict[str, Any]]:
    """Train the towers to the best recall on validation clicks.

    The weights before the first step take part: where training adds nothing, the pretrained encoder stays.

    Args:
        material: what is trained on.
        report: is told of each step (``done`` of ``total``) and of each evaluation (``epoch``, ``recall``).

    Returns:
        The model with the best weights; ``epoch`` (the best), ``epochs``, ``valid`` and ``start`` (recall by k), ``losses``
        (mean by epoch).

    Raises:
        InputError: if the loss is no number any more.
    """
    config = material.config
    tf_keras.utils.set_random_seed(material.seed)
    tf.config.experimental.enable_op_determinism()
    model, batches = TwoTower(material), ClickBatches(material)
    model.compile(optimizer=optimizer(config.learning_rate))
    ks = places(config)
    watched = sample(material["valid"], config.validation_clicks, material.seed)
    start = recall(model, material, watched, ks)
    report({"epoch": 0, "recall": start.get(config.stop_at)})
    best: dict[str, Any] = {"epoch": 0, "valid": start}
    weights, losses = [v.numpy() for v in model.trainable_variables], []
    epoch = 0
    for epoch in range(1, config.epochs + 1):
        shown = _Told(report, (epoch - 1) * batches.steps, config.epochs * batches.steps)
        model.fit(_dataset(batches, epoch), epochs=1, verbose=0, shuffle=False, callbacks=[shown])
        losses.append(shown.mean_loss)
        if not np.isfinite(losses[-1]):
            raise InputError(
                "retrieval: the loss is no number any more; lower retrieval.learning_rate or raise retrieval.temperature"
            )
        found = recall(model, material, watched, ks)
        report({"epoch": epoch, "recall": found.get(config.stop_at), "loss": losses[-1]})
        if not found or found[config.stop_at] > best["valid"][config.stop_at]:
            best = {"epoch": epoch, "valid": found}
            weights = [v.numpy() for v in model.trainable_variables]
        elif epoch - best["epoch"] >= config.patience:
            break
    for variable, value in zip(model.trainable_variables, weights, strict=True):
        variable.assign(value)
    return model, best | {"epochs": epoch, "start": start, "losses": losses}


def places(config: RetrievalConfig) -> list[int]:
    """The k at which recall is measured."""
    return sorted({5, config.stop_at, 100})


def recall(model: TwoTower, material: Material, clicks: np.ndarray, ks: list[int]) -> dict[int, float]:
    """The share of clicks whose item is among the best k of all items, by k; nothing where there are no clicks."""
    if not len(clicks):
        return {}
    metric = top_k_metric(model, ks)
    for start in range(0, len(clicks), PAGES_AT_ONCE):
        some = clicks[start : start + PAGES_AT_ONCE]
        items = tf.constant(material["item"][some])
        pages = {name: tf.constant(v) for name, v in page_inputs(material, material["page"][some]).items()}
        metric.update_state(model.queries(pages), model.items(items), true_candidate_ids=items)
    return {k: float(value) for k, value in zip(ks, metric.result(), strict=True)}


def sample(clicks: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most so many clicks, the same for the same seed."""
    if len(clicks) <= most:
        return clicks
    return np.sort(np.random.default_rng(seed).choice(clicks, most, replace=False))


def _dataset(batches: ClickBatches, epoch: int) -> tf.data.Dataset:
    first = next(batches.epoch(epoch))
    signature = {name: tf.TensorSpec([None, *v.shape[1:]], tf.as_dtype(v.dtype)) for name, v in first.items()}
    return tf.data.Dataset.from_generator(lambda: batches.epoch(epoch), output_signature=signature).prefetch(2)


class _Told(tf_keras.callbacks.Callback):
    """Tells of steps, some times an epoch, and sums up their losses."""

    def __init__(self, report: Report, done: int, total: int) -> None:
        super().__init__()
        self._report, self._done, self._total = report, done, total
        self._losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._losses.append(float((logs or {})["loss"]))
        if batch % STEPS_A_REPORT == 0:
            self._report({"done": self._done + batch + 1, "total": self._total})

    @property
    def mean_loss(self) -> float:
        """Of the steps of the epoch."""
        return float(np.mean(self._losses))
