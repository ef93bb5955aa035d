"""A query through the client, and its answer as a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from shelfrank_client import RankedPage, RankingClient
from shelfrank_client.signature import Input
from shelfrank_client.tensors import STRING
from trainer.errors import InputError

CANDIDATES = 100
FIGURES_WIDTH = 58


def ask(
    text: str,
    target: str,
    model: str,
    items: Path | None,
    candidates: list[str],
    history: list[str],
    features: list[str],
    k: int,
    deadline: float,
) -> tuple[RankedPage, dict[str, str]]:
    """Rank candidates over gRPC.

    Args:
        text: the query.
        target: host:port of the server.
        model: the model's name.
        items: a table of items, for titles, and for candidates where none are given.
        candidates: item ids.
        history: items clicked before.
        features: ``name=value`` of the user or context.
        k: how many to return.
        deadline: seconds.

    Returns:
        The ranked page and the titles by item id.

    Raises:
        InputError: if neither candidates nor items are given, or a feature is no ``name=value``.
        RankingError: if the server does not answer.
    """
    titles: dict[str, str] = {}
    if items is not None:
        table = read_titles(items)
        titles = dict(zip(table["item_id"], table["title"], strict=True))
        candidates = candidates or lexical_candidates(text, table)
    if not candidates:
        raise InputError("no candidates: give --candidate ID, or --items FILE to take them from")
    pairs = dict(feature.split("=", 1) for feature in features if "=" in feature)
    if len(pairs) != len(features):
        raise InputError(f"--feature: expected NAME=VALUE, found {next(f for f in features if '=' not in f)!r}")
    with RankingClient(target, model=model, deadline=deadline) as client:
        inputs = client.metadata().inputs["rank"]
        user = {name: _typed(name, value, inputs) for name, value in pairs.items()}
        return client.rank(text, candidates=candidates, user=user, history=history, k=k), titles


def _typed(name: str, value: str, inputs: Mapping[str, Input]) -> Any:
    """The value of a feature in the type that the model wants; a list of numbers has commas."""
    spec = inputs.get(name)
    if spec is None or spec.dtype == STRING:
        return value.split(",") if spec is not None and spec.is_sequence else value
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        raise InputError(f"--feature {name}={value}: expected a number") from None
    return numbers if len(spec.shape) > 1 else numbers[0]


def read_titles(items: Path) -> pd.DataFrame:
    """``item_id`` and ``title`` of a table of items."""
    from trainer.data.tables import read_table

    table = read_table(items, ["item_id", "title"])
    return table.assign(item_id=table["item_id"].astype(str), title=table["title"].fillna(""))


def lexical_candidates(text: str, items: pd.DataFrame, count: int = CANDIDATES) -> list[str]:
    """The items whose titles fit best by BM25, as a search engine would bring them."""
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize(items["title"].tolist(), stopwords=None, show_progress=False), show_progress=False)
    tokens = bm25s.tokenize([text], stopwords=None, show_progress=False)
    rows, _ = index.retrieve(tokens, k=min(count, len(items)), show_progress=False)
    return items["item_id"].iloc[rows[0]].drop_duplicates().tolist()


def show(text: str, page: RankedPage, titles: dict[str, str], console: Console) -> None:
    """Print a ranked page."""
    table = Table(title=f'"{text}"   model version {page.model_version}', title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("item", no_wrap=True)
    if titles:
        table.add_column("title", overflow="ellipsis", no_wrap=True, max_width=max(20, console.width - FIGURES_WIDTH))
    for name in ("score", "CTR", "CVR", "CTCVR"):
        table.add_column(name, justify="right", no_wrap=True)
    for place, item in enumerate(page, start=1):
        figures = [f"{value:.4f}" for value in (item.score, item.ctr, item.cvr, item.ctcvr)]
        name = item.item_id if item.known else f"{item.item_id} (unknown)"
        table.add_row(str(place), name, *([titles.get(item.item_id, "")] if titles else []), *figures)
    console.print(table)
