"""Impressions with ties, of one and of both classes."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass
class Impressions:
    """Flat impressions of pages of none to five items."""

    label: np.ndarray
    grade: np.ndarray
    score: np.ndarray
    offset: np.ndarray

    @property
    def pages(self) -> list[slice]:
        """Where each page lies."""
        return [slice(a, b) for a, b in zip(self.offset[:-1], self.offset[1:], strict=True)]


@pytest.fixture(params=range(4))
def impressions(request: pytest.FixtureRequest) -> Impressions:
    """Random impressions; few distinct scores, so that many are equal."""
    random = np.random.default_rng(request.param)
    sizes = random.integers(0, 6, 40)
    offset = np.concatenate([[0], np.cumsum(sizes)])
    count = offset[-1]
    return Impressions(
        label=(random.random(count) < 0.4).astype(np.int8),
        grade=random.integers(1, 5, count).astype(np.float32),
        score=random.choice([0.1, 0.2, 0.5, 0.9], count).astype(np.float32),
        offset=offset,
    )
