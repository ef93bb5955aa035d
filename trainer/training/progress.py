"""A progress bar with examples a second, and the history of the losses."""

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

STEPS_A_POINT = 10


class TrainingProgress(keras.callbacks.Callback):
    """Shows where training is, and gathers means over some steps for the learning curves.

    Args:
        total_steps: of the run.
        step: the first one.
        history: earlier points; new ones are added.
        console: where to draw; a plain line each evaluation where it is no terminal.
    """

    def __init__(self, total_steps: int, step: int, history: list[dict[str, float]], console: Console) -> None:
        super().__init__()
        self.total_steps, self.step, self.history, self.console = total_steps, step, history, console
        self.window: list[dict[str, float]] = []
        self.window_start = time.monotonic()
        self.bar = Progress(
            TextColumn("[bold]training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("training", total=total_steps, completed=step, status="")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Show the bar."""
        self.bar.start()
        self.window_start = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step."""
        self.step += 1
        self.window.append({k: float(v) for k, v in (logs or {}).items()})
        if len(self.window) >= STEPS_A_POINT or self.step == self.total_steps:
            self._point()
        self.bar.update(self.task, completed=self.step)

    def _point(self) -> None:
        now = time.monotonic()
        point = {key: sum(w[key] for w in self.window) / len(self.window) for key in self.window[0]}
        candidates = point.pop("candidates") * len(self.window)
        seconds = max(now - self.window_start, 1e-9)
        point["examples_per_second"] = candidates / seconds
        point["seconds_per_step"] = seconds / len(self.window)
        point["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.history.append({"step": self.step, **point})
        self.bar.update(self.task, status=f"loss {point['loss']:.4f}, {point['examples_per_second']:.0f} examples/s")
        self.window, self.window_start = [], now

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the bar."""
        if self.window:
            self._point()
        self.bar.stop()
