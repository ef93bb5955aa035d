"""Rankers compared on the same pages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from trainer.config import EvaluateConfig
from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.baselines import RANDOM
from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.notes import absent_metrics, no_preference, pages_without_order
from trainer.evaluation.scores import RankerFunction, Scores
from trainer.metrics.bootstrap import Unit, intervals, paired_difference, unit_of_page
from trainer.metrics.page_metrics import Statistic, judged_statistics, log_statistics, values

UNIT: Unit = "query"


def evaluate(
    rankers: dict[str, RankerFunction],
    pages: Pages | None,
    judged: Pages | None,
    items: pd.DataFrame,
    config: EvaluateConfig,
    split: str,
    seed: int,
    lowest: float | None = None,
) -> Evaluation:
    """Measure rankers on pages of a log and of human judgments.

    A ranker that has no order for a page gives NaN there; it is measured on the other pages, and a note says so.

    Args:
        rankers: by name, the model first; each takes pages and items and gives scores of the impressions.
        pages: pages of the log, or None.
        judged: pages of judgments, or None.
        items: the items table that both point into; its ``attrs["notes"]``, if any, are taken over.
        config: cut and number of resamples.
        split: what the names of the log's metrics begin with.
        seed: of the resamples.
        lowest: the relevance that gains nothing: the lowest of the source of the judgments; by default the lowest of
            ``judged``.

    Returns:
        Metrics of every ranker, with 95 % intervals, and the model's differences to the others.

    Raises:
        InputError: if there is no page at all.
    """
    result = Evaluation(split=split, k=config.k, notes=list(items.attrs.get("notes", [])))
    sides = []
    if pages is not None and len(pages):
        sides.append(_Side("log", split, pages, log_statistics))
    if judged is not None and len(judged):
        result.lowest_relevance = float(np.nanmin(judged.relevance)) if lowest is None else lowest
        sides.append(_Side("judged", "judged", judged, partial(judged_statistics, lowest=result.lowest_relevance)))
    if not sides:
        raise InputError(f"split {split!r}: holds neither pages of the log nor judged queries; choose another split")
    result.rankers |= {name: {} for name in rankers}
    tables = []
    for side in sides:
        scores = {name: _scored(name, ranker, side.pages, items) for name, ranker in rankers.items()}
        _measure(side, scores, config, seed, result)
        result.counts[side.source] = _counts(side.pages)
        tables.append(_table(side, scores, items))
    result.scores = pd.concat(tables, ignore_index=True)
    return result


@dataclass(frozen=True)
class _Side:
    """Pages of one source and what is measured on them."""

    source: str
    prefix: str
    pages: Pages
    statistics_of: Callable[[Pages, Scores, str, int], dict[str, Statistic]]


def _scored(name: str, ranker: RankerFunction, pages: Pages, items: pd.DataFrame) -> Scores:
    scores = ranker(pages, items)
    if scores.score.shape != pages.item.shape:
        raise ValueError(f"ranker {name!r}: {scores.score.shape} scores for {pages.item.shape} impressions")
    return scores


def _measure(side: _Side, scores: dict[str, Scores], config: EvaluateConfig, seed: int, result: Evaluation) -> None:
    """Add metrics, intervals, differences and notes of one side to the result."""
    model = next(iter(scores))
    ordered = {name: _ordered(side.pages, given.score) for name, given in scores.items()}
    of_model = _statistics(side, scores[model], ordered[model], config.k)
    if ordered[model].any():
        result.notes += absent_metrics(model, scores[model], of_model, side.prefix)
        result.notes += pages_without_order(of_model, side.prefix)
    for name, given in scores.items():
        if not ordered[name].all():
            missing, of = int((~ordered[name]).sum()), len(ordered[name])
            result.notes.append(f"{name}: no order for {missing:,} of {of:,} {side.prefix} pages; they are left out")
        if name != RANDOM:
            result.notes += no_preference(name, side.pages, given.score, side.prefix)
        found = of_model if name == model else _statistics(side, given, ordered[name], config.k)
        ends = intervals(found, _units(side.pages, ordered[name]), config.bootstrap, seed)
        for key, value in values(found).items():
            result.rankers[name][key] = value
            if key in ends:
                result.rankers[name][f"{key}.low"], result.rankers[name][f"{key}.high"] = ends[key]
        if name != model:
            first, second, both = of_model, found, ordered[model] & ordered[name]
            if not (ordered[model] == ordered[name]).all():
                first, second = (_statistics(side, scores[n], both, config.k) for n in (model, name))
            differences = paired_difference(first, second, _units(side.pages, both), config.bootstrap, seed)
            result.differences.setdefault(name, {}).update(differences)


def _statistics(side: _Side, scores: Scores, chosen: np.ndarray, k: int) -> dict[str, Statistic]:
    """What is measured on the chosen pages."""
    if chosen.all():
        return side.statistics_of(side.pages, scores, side.prefix, k)
    flat = np.repeat(chosen, side.pages.sizes)
    return side.statistics_of(side.pages.take(chosen), scores.take(flat), side.prefix, k)


def _units(pages: Pages, chosen: np.ndarray) -> np.ndarray:
    return unit_of_page(pages.take(chosen), UNIT)


def _ordered(pages: Pages, score: np.ndarray) -> np.ndarray:
    """Pages whose every impression has a score, bool [P]."""
    unknown = np.bincount(pages.page_of_impression, weights=np.isnan(score), minlength=len(pages))
    return unknown == 0


def _counts(pages: Pages) -> dict[str, int]:
    return {
        "pages": len(pages),
        "queries": int(pages.table["query"].nunique()),
        "impressions": len(pages.item),
        "clicks": int((pages.clicked == 1).sum()),
        "purchases": int((pages.purchased == 1).sum()),
        "judgments": int((~np.isnan(pages.relevance)).sum()),
    }


def _table(side: _Side, scores: dict[str, Scores], items: pd.DataFrame) -> pd.DataFrame:
    """One row an impression: what is known of it and what each ranker gave it."""
    pages, page = side.pages, side.pages.page_of_impression
    model, *others = scores
    columns = {
        "source": side.source,
        "page": page.astype(np.int32),
        "request_id": pages.table["request_id"].to_numpy(object)[page],
        "query": pages.table["query"].to_numpy(object)[page],
        "item_id": items["item_id"].to_numpy(object)[pages.item],
        "text": items["text"].to_numpy(object)[pages.item],
        "position": pages.position,
        "clicked": pages.clicked,
        "purchased": pages.purchased,
        "relevance": pages.relevance,
    }
    nothing = np.full(len(page), np.nan, np.float32)
    for name in ("score", "ctr", "cvr", "ctcvr"):
        values = getattr(scores[model], name)
        columns[name] = nothing if values is None else values
    for name in ("ctr_uncalibrated", "ctcvr_uncalibrated"):
        if (values := getattr(scores[model], name)) is not None:
            columns[name] = values
    return pd.DataFrame(columns | {f"score.{name}": scores[name].score for name in others})
