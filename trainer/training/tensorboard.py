"""What TensorBoard shows of a run."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf


class TensorBoardLog(keras.callbacks.Callback):
    """Writes loss parts, learning rate, gradient norm and speed every few steps, weights at each evaluation.

    Args:
        folder: where the events go.
        history: the points of `trainer.training.progress.TrainingProgress`, read as they come.
        config: the experiment as YAML, shown as text.
    """

    def __init__(self, folder: Path, history: list[dict[str, float]], config: str) -> None:
        super().__init__()
        self.history = history
        self.written = len(history)
        self.writer = tf.summary.create_file_writer(str(folder))
        if not history:
            with self.writer.as_default(step=0):
                tf.summary.text("config", f"```yaml\n{config}\n```")

    def graph(self, model: keras.Model, batch: dict[str, Any]) -> None:
        """Write the graph of the forward pass."""
        spec = tf.nest.map_structure(lambda v: tf.TensorSpec(v.shape, v.dtype), batch)
        forward = tf.function(lambda b: model.loss_parts(b, training=False), autograph=False)
        traced = forward.get_concrete_function(spec)
        with self.writer.as_default(step=0):
            tf.summary.graph(traced.graph)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Write new points."""
        with self.writer.as_default():
            for point in self.history[self.written :]:
                for key, value in point.items():
                    if key != "step":
                        tf.summary.scalar(f"train/{key}", value, step=int(point["step"]))
        self.written = len(self.history)

    def validation(self, step: int, metrics: dict[str, float]) -> None:
        """Write validation metrics and the distribution of the weights."""
        with self.writer.as_default(step=step):
            for key, value in metrics.items():
                tf.summary.scalar(key.replace("valid.", "valid/", 1), value)
            for variable in self.model.ranker.trainable_variables:
                tf.summary.histogram(f"weights/{variable.path}", variable.value)
        self.written = len(self.history)
        self.writer.flush()
