"""Pages that the model orders well, and pages that it orders badly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.evaluation.ndcg_pictures import page_ndcg
from trainer.evaluation.report_data import ScoredSide

SHOWN, EXAMPLES, LEAST_ITEMS = 5, 3, 3
LONGEST_QUERY, LONGEST_TEXT = 120, 110


@dataclass(frozen=True)
class ExampleItem:
    """An item of a page as the model places it; figures are empty where unknown."""

    rank: int
    text: str
    score: str
    ctr: str
    relevance: str
    labels: list[str]
    position: str
    missed: bool


@dataclass(frozen=True)
class ExamplePage:
    """A page as the model orders it.

    Attributes:
        query: of the page.
        ndcg: the model's.
        reference: the name and NDCG of the ranker that it is compared with, or empty.
        size: items on the page.
        items: the top ones, and the best item where it is not among them.
    """

    query: str
    ndcg: str
    reference: str
    size: int
    items: list[ExampleItem]


@dataclass(frozen=True)
class Examples:
    """Pages of one source.

    Attributes:
        good: where the model is ahead of the reference the most.
        bad: those of the lowest NDCG.
        reference: the name of the ranker that the good ones are compared with; empty where there is none.
    """

    good: list[ExamplePage]
    bad: list[ExamplePage]
    reference: str


def page_examples(side: ScoredSide, k: int) -> Examples:
    """Choose pages of different queries.

    Args:
        side: scored impressions.
        k: cut of NDCG.

    Returns:
        Up to three of either kind; none where no page has a better and a worse order.
    """
    found = {name: values[:, 0] for name, values in page_ndcg(side, np.array([k])).items()}
    model = next(iter(side.scores), None)
    if model is None or model not in found:
        return Examples([], [], "")
    ndcg = found.pop(model)
    reference = next(iter(found), "")
    other = found[reference] if reference else np.zeros(len(ndcg))
    usable = ~np.isnan(ndcg) & ~np.isnan(other) & (np.diff(side.offset) >= LEAST_ITEMS)
    pages = np.flatnonzero(usable)
    lead = ndcg - other
    queries = side.table["query"].to_numpy()[side.offset[:-1]]
    best = pages[np.lexsort((pages, -ndcg[pages], -lead[pages]))]
    worst = pages[np.lexsort((pages, lead[pages], ndcg[pages]))]
    good = _different(best[ndcg[best] > 0.5], queries)
    bad = _different(worst[~np.isin(worst, good)], queries)

    def shown(page: int) -> ExamplePage:
        text = f"{reference} {other[page]:.2f}" if reference else ""
        return _page(side, page, f"{ndcg[page]:.2f}", text)

    return Examples([shown(p) for p in good], [shown(p) for p in bad], reference)


def _different(pages: np.ndarray, queries: np.ndarray) -> list[int]:
    """The first pages of different queries."""
    chosen = pd.Series(queries[pages], index=pages).drop_duplicates().index[:EXAMPLES]
    return [int(page) for page in chosen]


def _page(side: ScoredSide, page: int, ndcg: str, reference: str) -> ExamplePage:
    start, stop = side.offset[page : page + 2]
    score = next(iter(side.scores.values()))[start:stop]
    gain = np.nan_to_num(side.gain[start:stop])
    order = np.argsort(-score, kind="stable")
    shown = list(order[:SHOWN])
    missed = order[SHOWN:][gain[order[SHOWN:]] == gain.max()][:1]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    best_is_shown = gain[shown].max() == gain.max()
    rows = shown if best_is_shown else [*shown, *missed]
    table = side.table.iloc[start:stop]
    items = [_item(table.iloc[row], int(rank[row]), float(score[row]), row not in shown) for row in rows]
    return ExamplePage(_cut(str(table["query"].iloc[0]), LONGEST_QUERY), ndcg, reference, len(table), items)


def _item(row: pd.Series, rank: int, score: float, missed: bool) -> ExampleItem:
    labels = [name for name in ("clicked", "purchased") if row.get(name, -1) == 1]
    ctr, relevance, position = row.get("ctr"), row.get("relevance"), row.get("position", 0)
    return ExampleItem(
        rank=rank,
        text=_cut(str(row.get("text") or row.get("item_id") or "(no text)"), LONGEST_TEXT),
        score=f"{score:.4g}",
        ctr="" if ctr is None or pd.isna(ctr) else f"{ctr:.1%}",
        relevance="" if relevance is None or pd.isna(relevance) else f"{relevance:g}",
        labels=labels,
        position=str(int(position)) if position > 0 else "",
        missed=missed,
    )


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
