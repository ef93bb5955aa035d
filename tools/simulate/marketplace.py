"""The source `marketplace`: a world made up from nothing but a seed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.catalogue import Catalogue, make_catalogue
from tools.simulate.config import MarketplaceConfig
from tools.simulate.lexical import LexicalIndex
from tools.simulate.queries import KINDS, Queries, make_queries
from tools.simulate.users import make_shoppers
from tools.simulate.world import Taste, World, best_columns

TOP_GRADE = 3
QUERIES_A_BLOCK = 128


def make_marketplace(config: MarketplaceConfig, users: int, rng: np.random.Generator) -> World:
    """Make items, users, queries, and human-like judgments of what fits what.

    Args:
        config: sizes and shares.
        users: how many users.
        rng: the source of chance.

    Returns:
        The world; its judgments are graded 0..3.
    """
    catalogue_rng, user_rng, query_rng, candidate_rng, judge_rng = rng.spawn(5)
    catalogue = make_catalogue(config, catalogue_rng)
    shoppers = make_shoppers(users, config.past_items, catalogue, user_rng)
    queries = make_queries(config, catalogue, query_rng)
    text = catalogue.items["title"] + " " + catalogue.items["item_type"] + " " + catalogue.items["description"]
    lexical = LexicalIndex(text, queries.text)
    candidates, grade = _candidates(config.candidates, catalogue, queries, lexical, candidate_rng)
    judgments = _judge(config, catalogue, queries, candidates, grade, judge_rng)
    assert shoppers.brand_liking is not None
    assert shoppers.interests is not None
    likes_department = shoppers.interests / shoppers.interests.max(axis=1, keepdims=True)
    kinds = pd.Series(queries.kind).value_counts()
    return World(
        items=catalogue.items,
        users=shoppers.table,
        judgments=judgments,
        queries=queries.text,
        query_weight=queries.weight,
        candidates=candidates,
        relevance=grade / TOP_GRADE,
        lexical=lexical.of_candidates(candidates),
        popularity=catalogue.popularity,
        quality=catalogue.quality,
        price_level=catalogue.price_level,
        price_sensitivity=shoppers.price_sensitivity,
        tastes=(
            Taste(catalogue.brand_of_item, shoppers.brand_liking),
            Taste(catalogue.department_of_item, 0.5 * likes_department),
        ),
        query_group=queries.department,
        interests=shoppers.interests,
        relevance_of_all=lambda rows: queries.grades(rows, catalogue) / TOP_GRADE,
        facts={"queries_by_kind": {kind: int(kinds.get(kind, 0)) for kind in KINDS}},
    )


def _candidates(
    count: int, catalogue: Catalogue, queries: Queries, lexical: LexicalIndex, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items that could be shown: mostly what fits or reads alike, a third of them near misses."""
    near = count // 3
    chosen, grades = [], []
    for start in range(0, len(queries.text), QUERIES_A_BLOCK):
        rows = slice(start, start + QUERIES_A_BLOCK)
        grade = queries.grades(rows, catalogue)
        likeness = lexical.against_all(rows)
        likeness /= np.maximum(likeness.max(axis=1, keepdims=True), 1e-9)
        likeness += 0.2 * rng.gumbel(size=likeness.shape)
        here = queries.department[rows, None] == catalogue.department_of_item
        missed = np.where(grade <= 1, likeness + 0.5 * here, -np.inf)
        first = best_columns(missed, near)
        wanted = likeness + grade / TOP_GRADE
        np.put_along_axis(wanted, first, -np.inf, axis=1)
        rest = best_columns(wanted, count - near)
        block = np.concatenate([first, rest], axis=1)
        chosen.append(block)
        grades.append(np.take_along_axis(grade, block, axis=1))
    return np.concatenate(chosen), np.concatenate(grades)


def _judge(
    config: MarketplaceConfig,
    catalogue: Catalogue,
    queries: Queries,
    candidates: NDArray[np.int64],
    grade: NDArray[np.int64],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Grades as people would give them: some of each query's candidates, now and then one grade off."""
    columns = np.argsort(rng.random(candidates.shape), axis=1)[:, : config.judged]
    item = np.take_along_axis(candidates, columns, axis=1)
    given = np.take_along_axis(grade, columns, axis=1)
    slip = np.where(rng.random(given.shape) < 0.5, -1, 1) * (rng.random(given.shape) < config.judgment_errors)
    given = np.clip(given + slip, 0, TOP_GRADE)
    return pd.DataFrame(
        {
            "query": np.repeat(queries.text, config.judged),
            "item_id": catalogue.items["item_id"].to_numpy()[item.ravel()],
            "relevance": given.ravel().astype("float64"),
            "query_kind": np.repeat(queries.kind, config.judged),
        }
    )
