"""Which pages were logged: who searched what when, and in which order the items stood."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.config import LoggingConfig, SimulateConfig
from tools.simulate.vocabulary import DEVICE_SHARES, DEVICES
from tools.simulate.world import World

INTERESTED = 0.6
"""Share of searches that follow the user's interests."""
HOUR_WEIGHTS = 1.0 + 0.8 * np.sin((np.arange(24) - 9) / 24 * 2 * np.pi)
"""Searches by hour of the day (UTC): most in the afternoon, fewest at night."""
PAGES_A_BLOCK = 20_000
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class LoggedPages:
    """Pages in order of time and their impressions, flat. P pages, n impressions.

    Attributes:
        query: int [P], rows of the world's queries.
        user: int [P], rows of the users.
        device: int [P], the place in DEVICES.
        timestamp: datetime64[us, UTC] [P].
        page: int [n], the page of each impression.
        item: int [n], rows of the items.
        position: int [n], from 1.
        relevance: float [n], 0..1.
    """

    query: NDArray[np.int64]
    user: NDArray[np.int64]
    device: NDArray[np.int64]
    timestamp: pd.DatetimeIndex
    page: NDArray[np.int64]
    item: NDArray[np.int64]
    position: NDArray[np.int64]
    relevance: NDArray[np.float64]


def draw_pages(config: SimulateConfig, world: World, rng: np.random.Generator) -> LoggedPages:
    """Draw searches and lay out the pages they led to.

    Args:
        config: how many pages, how long, over how many days, ordered how.
        world: queries with candidates, users.
        rng: the source of chance.

    Returns:
        The pages, sorted by time.
    """
    search_rng, order_rng = rng.spawn(2)
    activity = search_rng.gamma(1.2, size=len(world.users)) + 0.05
    user = search_rng.choice(len(world.users), size=config.pages, p=activity / activity.sum())
    query = _draw_queries(world, user, search_rng)
    device = search_rng.choice(len(DEVICES), size=config.pages, p=DEVICE_SHARES)
    timestamp = _draw_times(config, search_rng)

    blocks = [
        _lay_out(config, world, query[start : start + PAGES_A_BLOCK], start, order_rng)
        for start in range(0, config.pages, PAGES_A_BLOCK)
    ]
    page, item, position, relevance = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return LoggedPages(query, user, device, timestamp, page, item, position, relevance)


def _draw_queries(world: World, user: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    weight = world.query_weight
    query = rng.choice(len(weight), size=len(user), p=weight / weight.sum())
    if world.interests is None or world.query_group is None:
        return query
    share = np.bincount(world.query_group, weights=weight, minlength=world.interests.shape[1])
    interest = np.where(share > 0, world.interests, 0.0).cumsum(axis=1)
    pick = rng.random(len(user)) * interest[user, -1]
    group = (pick[:, None] >= interest[user]).sum(axis=1)
    follows = rng.random(len(user)) < INTERESTED
    for g in np.flatnonzero(share):
        mine = follows & (group == g)
        members = np.flatnonzero(world.query_group == g)
        query[mine] = rng.choice(members, size=int(mine.sum()), p=weight[members] / weight[members].sum())
    return query


def _draw_times(config: SimulateConfig, rng: np.random.Generator) -> pd.DatetimeIndex:
    day = rng.integers(0, config.days, config.pages)
    hour = rng.choice(24, size=config.pages, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    within = rng.integers(0, 3600 * MICROSECONDS, config.pages)
    offset = np.sort((day * 24 + hour) * 3600 * MICROSECONDS + within)
    start = pd.Timestamp(config.start, tz="UTC").as_unit("us")
    return pd.DatetimeIndex(start + pd.to_timedelta(offset, unit="us")).as_unit("us")


def _lay_out(
    config: SimulateConfig, world: World, query: NDArray[np.int64], first_page: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    candidates = world.candidates[query]
    score = _logging_score(config.logging, world, query, candidates, rng)
    if config.source == "judgments":
        # Judged items are already the few that fit: a page shows any of them, the policy only orders it.
        drawn = np.argsort(np.where(candidates >= 0, rng.random(score.shape), 2.0), axis=1)[:, : config.page_size]
        order = np.argsort(-np.take_along_axis(score, drawn, axis=1), axis=1, kind="stable")
        shown = np.take_along_axis(drawn, order, axis=1)
    else:
        shown = np.argsort(-score, axis=1, kind="stable")[:, : config.page_size]
    real = np.take_along_axis(candidates, shown, axis=1) >= 0
    shuffled = rng.random(len(query)) < config.logging.shuffled_share
    mixing = np.where(shuffled[:, None], rng.random(shown.shape), np.arange(shown.shape[1]) / shown.shape[1])
    shown = np.take_along_axis(shown, np.argsort(np.where(real, mixing, 2.0), axis=1, kind="stable"), axis=1)

    item = np.take_along_axis(candidates, shown, axis=1)
    relevance = np.take_along_axis(world.relevance[query], shown, axis=1)
    row, column = np.nonzero(item >= 0)
    return first_page + row, item[row, column], column + 1, relevance[row, column]


def _logging_score(
    config: LoggingConfig,
    world: World,
    query: NDArray[np.int64],
    candidates: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    if config.policy == "random":
        score = rng.random(candidates.shape)
    else:
        score = world.lexical[query] + config.popularity * world.popularity[candidates]
        score += config.noise * rng.gumbel(size=candidates.shape)
    return np.where(candidates >= 0, score, -np.inf)
