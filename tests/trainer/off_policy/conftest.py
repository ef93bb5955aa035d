"""A page with two places whose clicks are known: what a policy earns can be summed up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from trainer.off_policy import GivenPolicy, LoggedImpressions

GROUPS, DEPTH, ITEMS = 3, 2, 6


@dataclass(frozen=True)
class Draw:
    """Impressions of the logging policy, the target in their places, and whose pages they are."""

    log: LoggedImpressions
    target: GivenPolicy
    group: np.ndarray


class World:
    """Click chances and two policies by group of users, place and item, float64 [GROUPS, DEPTH, ITEMS]."""

    def __init__(self) -> None:
        random = np.random.default_rng(20)
        item, group = random.normal(0, 1.2, ITEMS), random.normal(0, 0.5, GROUPS)
        place = np.array([0.0, -0.7])
        self.clicks = 1 / (1 + np.exp(0.5 - item - group[:, None, None] - place[:, None]))
        self.logging = random.dirichlet(np.full(ITEMS, 3.0), (GROUPS, DEPTH)) * 0.8 + 0.2 / ITEMS
        better = random.dirichlet(np.full(ITEMS, 2.0), (GROUPS, DEPTH)) * np.exp(item)
        self.target = better / better.sum(axis=2, keepdims=True)

    @property
    def truth(self) -> float:
        """The target's click rate per impression: groups and places come equally often."""
        return float((self.target * self.clicks).sum(axis=2).mean())

    def draw(self, pages: int, seed: int) -> Draw:
        """Pages of the logging policy."""
        random = np.random.default_rng(seed)
        page = np.repeat(np.arange(pages), DEPTH)
        place = np.tile(np.arange(DEPTH), pages)
        group = random.integers(GROUPS, size=pages)[page]
        steps = self.logging[group, place].cumsum(axis=1)
        item = np.minimum((random.random((len(page), 1)) > steps).sum(axis=1), ITEMS - 1)
        clicked = (random.random(len(page)) < self.clicks[group, place, item]).astype(float)
        log = LoggedImpressions(
            np.array([f"i{n}" for n in range(ITEMS)]),
            item,
            place + 1,
            clicked,
            self.logging[group, place, item],
            np.array([f"r{n}" for n in range(pages)]),
            page,
            pd.DataFrame({"group": group.astype(str)}),
        )
        rows = np.arange(len(page))
        target = GivenPolicy(
            np.repeat(rows, ITEMS), np.tile(np.arange(ITEMS), len(rows)), self.target[group, place].ravel(), len(rows)
        )
        return Draw(log, target, group)


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture
def four() -> LoggedImpressions:
    """Four impressions on three pages, of the items a, b and c; a's first and b's were clicked."""
    return LoggedImpressions(
        np.array(["a", "b", "c"]),
        np.array([0, 1, 2, 0]),
        np.array([1, 2, 1, 1]),
        np.array([1.0, 1.0, 0.0, 0.0]),
        np.array([0.5, 0.25, 0.2, 0.5]),
        np.array(["r1", "r2", "r3"]),
        np.array([0, 0, 1, 2]),
        pd.DataFrame(index=range(4)),
    )
