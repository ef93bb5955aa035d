"""The averaged weights in place of those of now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def averaged_weights(optimizer: Any) -> Iterator[None]:
    """While it lasts, the trained variables hold their averages; then bit for bit what they held before.

    Args:
        optimizer: a `trainer.training.optimizer.GroupedAdamW`, or one that scales the loss around it. Without averages
            nothing happens.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    pairs = list(zip(inner.averaged, inner.averages, strict=True))
    before = [np.array(variable) for variable, _ in pairs]
    try:
        for variable, average in pairs:
            variable.assign(average.value)
        yield
    finally:
        for (variable, _), value in zip(pairs, before, strict=True):
            variable.assign(value)
