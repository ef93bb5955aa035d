"""Robustness: what rankers lose when the same pages are asked for with slips or in other words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from trainer.augmentation.method import TextMethod
from trainer.config import EvaluateConfig
from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.rewritten_pages import RewrittenPages
from trainer.evaluation.scores import RankerFunction, Scores
from trainer.metrics.bootstrap import intervals, paired_difference, unit_of_page
from trainer.metrics.page_metrics import Statistic, judged_statistics, log_statistics, values
from trainer.written import replacing

PREFIX = "robustness"
READERS = ("zero-shot", "BM25")
REWRITTEN = "robustness.parquet"


def add_robustness(
    result: Evaluation,
    rankers: dict[str, RankerFunction],
    pages: dict[str, Pages],
    items: pd.DataFrame,
    methods: dict[str, TextMethod],
    config: EvaluateConfig,
    seed: int,
) -> pd.DataFrame:
    """Rewrite the queries of pages that were scored, score them again, and add what is lost.

    Added to the model, zero-shot and BM25 are the metrics of order as ``robustness.<set>.gauc``,
    ``robustness.<set>.judged.pair_accuracy`` and so on, and, with ``.drop`` at the end, the metric on the queries as they
    were less it; each has its interval over queries. Queries that a set can't change count as they are; how many they are is
    ``robustness.<set>.unchanged`` and ``robustness.<set>.judged.unchanged``, as a share, and a note.

    Args:
        result: with the scores of the pages; it is added to.
        rankers: by name, the model first.
        pages: by source (``log``, ``judged``): those that were scored.
        items: the items table that they point into.
        methods: the sets: ways of rewriting by name.
        config: cut, number of resamples and of rewritings a query.
        seed: of the resamples.

    Returns:
        One row an impression of each set: ``source``, ``set``, ``draw``, ``page``, ``query``, ``rewritten``, ``item_id``,
        and the scores as in `Evaluation.scores`.
    """
    model = next(iter(rankers))
    readers = {name: ranker for name, ranker in rankers.items() if name in (model, *READERS)}
    tables = []
    for source, side in pages.items():
        asked = RewrittenPages.of(side, methods, config.robustness_draws)
        whole = asked.whole
        scores = {name: ranker(whole, items).score for name, ranker in readers.items()}
        for name in methods:
            part = {_column(ranker, model): asked.part(name, score) for ranker, score in scores.items()}
            _measure(result, source, name, asked, part, config, seed)
            tables.append(asked.rows(name, items).assign(source=source, **part))
    return pd.concat(tables, ignore_index=True)


def prefix_of(name: str, source: str) -> str:
    """What the names of the metrics of a set begin with, on pages of the log or of judgments."""
    return f"{PREFIX}.{name}" + (".judged" if source == "judged" else "")


def save_rewritten(folder: Path, scored: pd.DataFrame | None) -> None:
    """Write `robustness.parquet` beside an evaluation; without scores, remove that of an earlier one."""
    path = folder / REWRITTEN
    if scored is None:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as beside:
        scored.to_parquet(beside, index=False)


def read_rewritten(folder: Path) -> pd.DataFrame:
    """Read `robustness.parquet`, the rows of each set and source in the order of the pages, draw after draw.

    Args:
        folder: of the evaluation.

    Returns:
        The columns ``source``, ``set``, ``rewritten`` and ``score`` (of the model); no rows where there is no such file.

    Raises:
        InputError: if it is damaged.
    """
    path, columns = folder / REWRITTEN, ["source", "set", "rewritten", "score"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    try:
        return pd.read_parquet(path, columns=columns)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:160]}); evaluate again") from None


def _measure(
    result: Evaluation,
    source: str,
    name: str,
    asked: RewrittenPages,
    scores: dict[str, np.ndarray],
    config: EvaluateConfig,
    seed: int,
) -> None:
    """Add metrics, drops, intervals, differences and the count of unchanged queries of one set and source."""
    model = next(iter(result.rankers))
    prefix = prefix_of(name, source)
    pages = asked.repeated
    units = unit_of_page(pages, "query")
    scored = result.scores[result.scores["source"] == source]
    found = {}
    for ranker in [r for r in result.rankers if _column(r, model) in scores]:
        column = _column(ranker, model)
        before = np.tile(scored[column].to_numpy(np.float32), asked.draws)
        plain = _statistics(result, source, pages, before, prefix)
        found[ranker] = _statistics(result, source, pages, scores[column], prefix)
        ends = intervals(found[ranker], units, config.bootstrap, seed)
        lost = paired_difference(plain, found[ranker], units, config.bootstrap, seed)
        into = result.rankers[ranker]
        for key, value in values(found[ranker]).items():
            into |= _figure(key, value, *ends.get(key, (None, None)))
            into |= _figure(f"{key}.drop", *lost[key])
        if ranker != model:
            ahead = paired_difference(found[model], found[ranker], units, config.bootstrap, seed)
            result.differences.setdefault(ranker, {}).update(ahead)
    same, count = asked.unchanged(name)
    result.metrics[f"{prefix}.unchanged"] = same / count
    if same:
        result.notes.append(
            f"robustness, {name}: {same:,} of {count:,} {source} queries hold nothing to change and count as they are"
        )


def _column(ranker: str, model: str) -> str:
    """The column of a ranker's scores, as in `Evaluation.scores`."""
    return "score" if ranker == model else f"score.{ranker}"


def _statistics(result: Evaluation, source: str, pages: Pages, score: np.ndarray, prefix: str) -> dict[str, Statistic]:
    if source == "judged":
        return judged_statistics(pages, Scores(score=score), prefix, result.k, result.lowest_relevance)
    return log_statistics(pages, Scores(score=score), prefix, result.k)


def _figure(key: str, value: float, low: float | None, high: float | None) -> dict[str, float]:
    """A metric with its interval, if it has one."""
    return {key: value} | ({} if low is None or high is None else {f"{key}.low": low, f"{key}.high": high})
