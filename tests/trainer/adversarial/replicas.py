"""Two replicas of a training step against one: ``python replicas.py PRESET FOLDER METHOD``."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import small_shop
from tiny_training import batch_of, training_model


def after_a_step(
    strategy: tf.distribute.Strategy, preset: Path, folder: Path, method: str
) -> dict[str, list[np.ndarray]]:
    """Every replica learns from the same batch, so that nothing depends on how many there are."""
    experiment = small_shop.experiment(
        preset,
        folder,
        encoder={"dropout": 0.0},
        model={"dropout": 0.0},
        adversarial={"method": method, "epsilon": 0.02 if method == "awp" else 0.5},
        finetune={"ema": 0.9},
    )
    with strategy.scope():
        model = training_model(experiment)
        batch = batch_of(experiment, model)
    values = strategy.experimental_distribute_values_from_function(lambda context: batch)
    found = tf.function(lambda given: strategy.run(model.train_step, args=(given,)))(values)
    (loss, *others) = (float(value) for value in strategy.experimental_local_results(found["adversarial"]))
    assert loss > 0
    assert all(abs(other - loss) < 1e-5 for other in others)
    kept = {
        "momentum": model.optimizer._momentums,
        "weight": model.ranker.trainable_variables,
        "average": model.optimizer.averages,
    }
    return {name: [np.array(v) for v in values] for name, values in kept.items()}


if __name__ == "__main__":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    arguments = (*map(Path, sys.argv[1:3]), sys.argv[3])
    single = after_a_step(tf.distribute.get_strategy(), *arguments)
    mirrored = after_a_step(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), *arguments)
    for index, momentum in enumerate(single["momentum"]):
        largest = np.abs(momentum).max()
        np.testing.assert_allclose(mirrored["momentum"][index], momentum, atol=1e-4 * largest + 1e-9)
        # Adam's first step divides the gradient by its size: where that is next to nothing, rounding decides the step.
        clear = np.abs(momentum) > 1e-3 * largest + 1e-9
        for name in ("weight", "average"):
            np.testing.assert_allclose(mirrored[name][index][clear], single[name][index][clear], atol=2e-5)
    print("equal", len(single["weight"]))
