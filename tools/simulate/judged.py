"""The source `judgments`: real queries and items, with made-up users, prices and behaviour."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.datasets.reading import as_number, as_text, read_text_table
from tools.simulate.config import JudgmentsConfig
from tools.simulate.lexical import LexicalIndex
from tools.simulate.users import make_users
from tools.simulate.world import World, standardise, zipf_weights
from trainer.errors import InputError

PRICE_MEDIAN = 30.0
PRICE_SPREAD = 0.8
"""Standard deviation of the log price."""


def make_judged_world(config: JudgmentsConfig, users: int, rng: np.random.Generator) -> World:
    """Read queries, items and human relevance, and make up what the table lacks.

    Args:
        config: the table and its columns.
        users: how many users to make up.
        rng: the source of chance.

    Returns:
        The world; relevance is scaled by the least and greatest grade of the table.

    Raises:
        InputError: a fault of the table.
    """
    item_rng, user_rng, query_rng = rng.spawn(3)
    source = _read(config)
    items = source.items
    shoppers = make_users(users, user_rng)
    log_price = item_rng.normal(0.0, PRICE_SPREAD, len(items))
    items["price"] = np.round(PRICE_MEDIAN * np.exp(log_price), 2)
    pairs = source.judgments

    item_row = pd.Series(np.arange(len(items)), index=items["item_id"])
    query_code, queries = pd.factorize(pairs["query"])
    size = np.bincount(query_code)
    enough = size >= config.least_candidates
    if not enough.any():
        raise InputError(
            f"{config.path}: no query has {config.least_candidates} judged items; "
            "lower simulate.judgments.least_candidates"
        )
    low, high = pairs["relevance"].min(), pairs["relevance"].max()
    if low == high:
        raise InputError(f"{config.path}: column 'relevance' is {low:g} in every row; behaviour needs two grades")

    used = enough[query_code]
    code = (np.cumsum(enough) - 1)[query_code[used]]
    place = pairs[used].groupby(code).cumcount().to_numpy()
    candidates = np.full((int(enough.sum()), int(size.max())), -1)
    relevance = np.zeros(candidates.shape)
    candidates[code, place] = item_row[pairs["item_id"][used]].to_numpy()
    relevance[code, place] = ((pairs["relevance"][used] - low) / (high - low)).to_numpy()
    names = np.asarray(queries, dtype=str)[enough]
    text = items[config.text[0]]
    for name in config.text[1:]:
        text = text + " " + items[name]
    return World(
        items=items,
        users=shoppers.table,
        judgments=pairs,
        queries=names,
        query_weight=zipf_weights(len(names), config.query_zipf, query_rng),
        candidates=candidates,
        relevance=relevance,
        lexical=LexicalIndex(text, names).of_candidates(candidates),
        popularity=item_rng.normal(size=len(items)),
        quality=item_rng.normal(size=len(items)),
        price_level=standardise(log_price),
        price_sensitivity=shoppers.price_sensitivity,
        facts={
            "relevance_least": float(low),
            "relevance_greatest": float(high),
            "queries_with_too_few_items": int((~enough).sum()),
            "repeated_pairs_averaged": source.repeated,
            "items_with_a_second_text_ignored": source.second_texts,
        },
    )


@dataclass(frozen=True)
class _Source:
    items: pd.DataFrame
    judgments: pd.DataFrame
    repeated: int
    second_texts: int


def _read(config: JudgmentsConfig) -> _Source:
    names = {name: config.columns.get(name, name) for name in ("query", "item_id", "relevance", *config.text)}
    frame = read_text_table(config.path, names.values())
    table = pd.DataFrame({name: as_text(frame[column]) for name, column in names.items() if name != "relevance"})
    table["relevance"] = as_number(frame[names["relevance"]])
    for name in ("query", "item_id", "title"):
        _refuse(config, table[name] == "", names[name], "is empty")
    _refuse(config, table["relevance"].isna(), names["relevance"], "is not a number")

    text = list(config.text)
    texts = table[["item_id", *text]].drop_duplicates()
    second = texts["item_id"].duplicated()
    if second.any() and config.conflicting_text == "error":
        row = texts[second].iloc[0]
        other = texts[texts["item_id"] == row["item_id"]].iloc[0]
        column = next(name for name in text if row[name] != other[name])
        raise InputError(
            f"{config.path}: item {row['item_id']!r} has two texts in column {names[column]!r} "
            f"({other[column][:40]!r} and {row[column][:40]!r}); repair the table, or set "
            "simulate.judgments.conflicting_text: first"
        )
    items = texts[~second].reset_index(drop=True)
    pairs = table.groupby(["query", "item_id"], sort=False)["relevance"].mean().reset_index()
    return _Source(items, pairs, repeated=len(table) - len(pairs), second_texts=int(second.sum()))


def _refuse(config: JudgmentsConfig, bad: pd.Series, column: str, fault: str) -> None:
    rows: NDArray[np.int64] = np.flatnonzero(bad)
    if len(rows):
        raise InputError(
            f"{config.path}: column {column!r} {fault} in {len(rows)} rows (first: row {rows[0] + 1}); "
            "repair the table, or import it first: python -m tools.datasets judgments"
        )
