"""What an impression says of its item: its click, its purchase and its labels, weighed by kind and by age."""

import numpy as np
import pandas as pd

from trainer.config.collaborative import CLICK, PURCHASE
from trainer.config.tasks import TaskConfig
from trainer.data.declared_tasks import counted
from trainer.data.pages import Pages

MICROSECONDS_A_DAY = 86_400_000_000


def kind_weights(pages: Pages, weights: dict[str, float], tasks: list[TaskConfig]) -> np.ndarray:
    """The weight of each impression, whatever its age; 0 where nothing was done or nothing is known.

    Args:
        pages: P pages of a log.
        weights: by kind: ``click``, ``purchase``, names of declared tasks of 0 and 1.
        tasks: the declared tasks; a label counts where its task says so.

    Returns:
        float64 [M]
    """
    total = weights.get(CLICK, 0.0) * (pages.clicked == 1) + weights.get(PURCHASE, 0.0) * (pages.purchased == 1)
    for task in tasks:
        if task.name in weights and task.name in pages.labels:
            total = total + weights[task.name] * (counted(task, pages) & (pages.labels[task.name] == 1))
    return total.astype(np.float64)


def age_in_days(timestamps: pd.Series) -> np.ndarray:
    """Days before the newest of some times.

    Args:
        timestamps: of the pages [P].

    Returns:
        float64 [P], 0 for the newest.
    """
    times = timestamps.dt.as_unit("us").astype("int64").to_numpy()
    return (times.max(initial=np.iinfo(np.int64).min) - times) / MICROSECONDS_A_DAY


def decay(age: np.ndarray, half_life: float | None) -> np.ndarray:
    """What is left of a weight after some days: 0.5 ** (age / half-life).

    Args:
        age: in days, float64 [P].
        half_life: in days; None leaves all weights as they are.

    Returns:
        float64 [P]
    """
    return np.ones(len(age)) if half_life is None else np.exp2(-age / half_life)
