"""The tasks that an experiment declares: their labels, and what the training pages say of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.config import TaskConfig
from trainer.data.pages import Pages

PREFIX = "task."
"""What the names of label columns and of a batch's labels begin with."""


@dataclass(frozen=True)
class DeclaredTask:
    """A declared task with the scale of its labels.

    Attributes:
        config: as declared.
        mean: of the labels on the training pages; of 0 and 1 the rate.
        std: their standard deviation, above 0.
    """

    config: TaskConfig
    mean: float
    std: float

    @property
    def name(self) -> str:
        """The name of the task."""
        return self.config.name


def declared_tasks(tasks: Iterable[TaskConfig], statistics: Mapping[str, Any]) -> list[DeclaredTask]:
    """The declared tasks of an experiment.

    Args:
        tasks: as declared.
        statistics: of the training pages, as `trainer.data.statistics` gives them.
    """
    found = statistics.get("tasks", {})
    return [DeclaredTask(task, found[task.name]["mean"], found[task.name]["std"]) for task in tasks]


def counted(task: TaskConfig, pages: Pages) -> np.ndarray:
    """Where the label of a task is known and counts, bool [M]."""
    label = pages.labels.get(task.name)
    if label is None:
        return np.zeros(len(pages.item), bool)
    where = {"all": pages.clicked >= -1, "clicked": pages.clicked == 1, "purchased": pages.purchased == 1}
    return ~np.isnan(label) & where[task.on]


def task_statistics(tasks: Iterable[TaskConfig], pages: Pages) -> dict[str, dict[str, float]]:
    """Mean and spread of the labels by task.

    Args:
        tasks: as declared.
        pages: training pages.

    Returns:
        By name: ``mean``, ``std`` and how many labels are ``known``; even odds, or 0 and 1, where none is.
    """
    found = {}
    for task in tasks:
        chosen = counted(task, pages)
        labels = pages.labels[task.name][chosen].astype(np.float64) if chosen.any() else np.zeros(0)
        mean = float(labels.mean()) if len(labels) else (0.5 if task.is_probability else 0.0)
        spread = float(labels.std()) if len(labels) else 1.0
        found[task.name] = {"mean": mean, "std": spread if spread > 0.0 else 1.0, "known": len(labels)}
    return found
