"""The hidden truth of a simulated log: read to judge by, never to learn from."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from trainer.config import DataConfig, EvaluateConfig
from trainer.data.pages import Pages
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.errors import InputError
from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.scores import Scores
from trainer.metrics.bootstrap import intervals, paired_difference, unit_of_page
from trainer.metrics.page_metrics import judged_statistics, values

TRUTH = "truth.parquet"
KEYS = ["request_id", "item_id"]
COLUMNS = (*KEYS, "position", "attraction", "examination")


def truth_beside(data: DataConfig) -> Path | None:
    """``truth.parquet`` of the simulator beside the search log, or None.

    Raises:
        InputError: if the file can't be read.
    """
    path = None if data.search_log is None else data.search_log.parent / TRUTH
    if path is None or not path.is_file():
        return None
    try:
        names = set(pq.read_schema(path).names)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:120]}); simulate again") from None
    return path if names.issuperset(COLUMNS) else None


def true_examination(path: Path) -> np.ndarray:
    """Examination at positions 1..K of a simulated log, float64 [K], relative to position 1; NaN where none was logged."""
    truth = pd.read_parquet(path, columns=["position", "examination"])
    mean = truth.groupby("position")["examination"].mean()
    curve = mean.reindex(range(1, int(mean.index.max()) + 1)).to_numpy(np.float64)
    return curve / curve[0]


def examination_error(curve: ExaminationCurve, truth: np.ndarray) -> float:
    """The largest difference of a curve to the true one, over the positions that both know."""
    count = min(len(curve.examination), len(truth))
    return float(np.nanmax(np.abs(curve.examination[:count] - truth[:count])))


def add_truth(result: Evaluation, path: Path, pages: Pages, config: EvaluateConfig, seed: int) -> None:
    """Add how each ranker orders pages by the hidden attraction, the chance of a click where an item is looked at.

    ``<split>.truth.ndcg@k`` has the attraction as its gain, ``<split>.truth.pair_accuracy`` counts pairs of a page whose
    attractions differ; each with its interval and the model's differences to the others.

    Args:
        result: with the scores of the pages of the log; it is added to.
        path: the truth.
        pages: P pages of the log, those that were scored.
        config: cut and number of resamples.
        seed: of the resamples.
    """
    scored = result.scores[result.scores["source"] == "log"]
    truth = pd.read_parquet(path, columns=[*KEYS, "attraction"])
    attraction = truth.drop_duplicates(KEYS).set_index(KEYS)["attraction"]
    keys = pd.MultiIndex.from_frame(scored[KEYS].astype(str))
    known = attraction.reindex(keys).to_numpy(np.float32)
    missing = int(np.isnan(known).sum())
    if missing:
        result.notes.append(
            f"{path}: no truth of {missing:,} of {len(known):,} impressions; truth metrics leave them out"
        )
    if missing == len(known):
        return
    hidden = dataclasses.replace(pages, relevance=known)
    model, *others = result.rankers
    columns = {model: "score"} | {name: f"score.{name}" for name in others}
    units, prefix = unit_of_page(pages, "query"), f"{result.split}.truth"
    found = {}
    for name, column in columns.items():
        score = scored[column].to_numpy(np.float32)
        if np.isnan(score).any():
            continue
        statistics = judged_statistics(hidden, Scores(score=score), prefix, config.k, lowest=0.0)
        found[name] = statistics
        result.rankers[name] |= values(statistics)
        for key, (low, high) in intervals(statistics, units, config.bootstrap, seed).items():
            result.rankers[name] |= {f"{key}.low": low, f"{key}.high": high}
    for name in others:
        if name in found and model in found:
            differences = paired_difference(found[model], found[name], units, config.bootstrap, seed)
            result.differences.setdefault(name, {}).update(differences)


def judge_by_truth(
    result: Evaluation,
    data: DataConfig,
    curve: ExaminationCurve | None,
    pages: Pages | None,
    config: EvaluateConfig,
    seed: int,
) -> None:
    """Add what the truth of a simulated log tells of a run; nothing where there is none.

    Beside `add_truth`, ``<split>.truth.examination_error`` is the largest difference of the run's examination curve to the
    true one.

    Args:
        result: it is added to.
        data: which log.
        curve: of the run, or None.
        pages: pages of the log that were scored, or None.
        config: cut and number of resamples.
        seed: of the resamples.
    """
    path = truth_beside(data)
    if path is None:
        return
    if pages is not None and len(pages):
        add_truth(result, path, pages, config, seed)
    if curve is not None:
        result.metrics[f"{result.split}.truth.examination_error"] = examination_error(curve, true_examination(path))
