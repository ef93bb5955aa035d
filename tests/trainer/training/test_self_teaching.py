"""Rewritten queries learn from the predictions for the queries that were typed."""

import numpy as np
import pytest
import tensorflow as tf

from tiny_training import made
from trainer.adversarial.gradients import differentiate
from trainer.model.ranker import REWRITTEN, TEACHING, select

STILL = {"encoder": {"dropout": 0.0}}
WEIGHT = 3.0


def taught(preset, folder, interaction="bi", queries=1.0, item_queries=0.0, **sections):
    augmentation = {
        "methods": [{"method": "keyboard_typos", "queries": queries}],
        "self_teaching": WEIGHT,
        "item_queries": item_queries,
    }
    model = {"dropout": 0.0, "hidden": [8], "interaction": interaction}
    return made(preset, folder, augmentation=augmentation, model=model, **STILL, **sections)


def softmax(x):
    weights = np.exp(x.astype(np.float64))
    return weights / weights.sum()


@pytest.mark.parametrize("interaction", ["bi", "cross"])
@pytest.mark.parametrize("prefix", [REWRITTEN, TEACHING])
def test_the_logits_are_those_of_pages_that_are_asked_with_these_queries(tiny_preset, tmp_path, interaction, prefix):
    model, batch = taught(tiny_preset, tmp_path, interaction, item_queries=1.0)
    found = select(model.ranker(batch, training=False), prefix)
    typed = {name: value for name, value in batch.items() if not name.startswith((REWRITTEN, TEACHING))}
    expected = model.ranker(typed | select(batch, prefix), training=False)
    assert set(found) == set(model.ranker.tasks)
    for task, logits in found.items():
        np.testing.assert_allclose(logits, expected[task], rtol=1e-5, atol=1e-5)
        assert np.abs(np.asarray(logits) - np.asarray(model.ranker(typed, training=False)[task])).max() > 1e-3


@pytest.mark.parametrize("item_queries", [0.0, 0.5])
def test_the_part_is_the_weighted_divergence_of_the_predictions(tiny_preset, tmp_path, item_queries):
    model, batch = taught(tiny_preset, tmp_path, item_queries=item_queries)
    teacher = TEACHING if item_queries else ""
    logits = model.ranker(batch, training=True)
    mask = np.asarray(batch["mask"])
    expected = 0.0
    for task in model.objective.probability_tasks:
        for page, shown in enumerate(mask):
            p, q = (
                softmax(np.asarray(logits[name])[page, shown]) for name in (f"{teacher}{task}", f"{REWRITTEN}{task}")
            )
            expected += WEIGHT * (p * np.log(p / q)).sum() / len(mask)
    parts = model.training_parts(batch)
    assert float(parts["self_teaching"]) == pytest.approx(expected, rel=1e-3)
    others = {name: value for name, value in parts.items() if name != "self_teaching"}
    assert others.keys() == model.loss_parts(batch, True).keys()
    for name, value in model.loss_parts(batch, True).items():
        assert float(value) == pytest.approx(float(others[name]), rel=1e-5)


def test_the_typed_query_is_not_moved(tiny_preset, tmp_path):
    model, batch = taught(tiny_preset, tmp_path)
    width, tokens = model.ranker.encoder.width, batch["query_tokens"]
    zero = {"query": tf.zeros((*tokens.shape, width))}

    def only_taught():
        return {"taught": model.training_parts(batch, zero)["self_teaching"]}

    found = differentiate(model, only_taught, watched=zero)
    assert not np.any(found.watched["query"])
    assert any(g is not None and np.any(g) for g in found.weights)


def test_neither_are_queries_of_items_that_teach(tiny_preset, tmp_path):
    model, batch = taught(tiny_preset, tmp_path, item_queries=1.0)
    names = [variable.path for variable in model.ranker.trainable_variables]
    words = next(place for place, name in enumerate(names) if "token_embedding" in name)
    unseen = np.setdiff1d(np.arange(model.ranker.trainable_variables[words].shape[0]), batch["item_tokens"])
    for prefix, token in zip((REWRITTEN, TEACHING), unseen[-2:], strict=True):
        batch[f"{prefix}query_tokens"] = tf.fill(batch[f"{prefix}query_tokens"].shape, int(token))
    found = differentiate(model, lambda: {"taught": model.training_parts(batch)["self_teaching"]})
    moved = np.any(np.asarray(tf.convert_to_tensor(found.weights[words])), axis=1)
    assert list(moved[unseen[-2:]]) == [True, False]


def test_queries_that_stay_as_they_are_teach_nothing(tiny_preset, tmp_path):
    model, batch = taught(tiny_preset, tmp_path, queries=1e-9)
    np.testing.assert_array_equal(batch[f"{REWRITTEN}query_tokens"], batch["query_tokens"])
    assert float(model.training_parts(batch)["self_teaching"]) == pytest.approx(0.0, abs=1e-6)


def test_adversarial_passes_leave_it_out_of_their_gap(tiny_preset, tmp_path):
    sections = {"adversarial": {"method": "fgm", "epsilon": 0.5}}
    model, batch = taught(tiny_preset, tmp_path, **sections)
    step = model.method.gradients(model, batch)
    assert float(step.shown["plain_loss"]) == pytest.approx(
        float(sum(model.loss_parts(batch, True).values())), rel=1e-5
    )
    assert float(step.parts["self_teaching"]) > 0


def test_steps_bring_the_predictions_together(tiny_preset, tmp_path):
    model, batch = taught(tiny_preset, tmp_path)
    step = tf.function(model.train_step)
    parts = [float(step(batch)["self_teaching"]) for _ in range(12)]
    assert parts[-1] < 0.7 * parts[0]
