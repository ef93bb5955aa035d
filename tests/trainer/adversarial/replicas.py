"""Two replicas of a training step against one: ``python replicas.py PRESET FOLDER METHOD``."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import small_shop
from tiny_training import batch_of, training_model


def weights_after_a_step(strategy: tf.distribute.Strategy, preset: Path, folder: Path, method: str) -> list[np.ndarray]:
    """Every replica learns from the same batch, so that the weights do not depend on how many there are."""
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
    return [np.array(v) for v in [*model.ranker.trainable_variables, *model.optimizer.averages]]


if __name__ == "__main__":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    arguments = (*map(Path, sys.argv[1:3]), sys.argv[3])
    single = weights_after_a_step(tf.distribute.get_strategy(), *arguments)
    mirrored = weights_after_a_step(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), *arguments)
    for one, two in zip(single, mirrored, strict=True):
        np.testing.assert_allclose(one, two, atol=2e-5)
    print("equal", len(single))
