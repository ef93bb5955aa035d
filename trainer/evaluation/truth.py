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
from trainer.metrics.auc import auc
from trainer.metrics.bootstrap import intervals, paired_difference, unit_of_page
from trainer.metrics.page_metrics import Statistic, judged_statistics, values
from trainer.metrics.pooled import Pooled

TRUTH = "truth.parquet"
KEYS = ["request_id", "item_id"]
COLUMNS = (*KEYS, "position", "attraction", "examination")
CONVERSION = "conversion_probability"


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


def hidden_truth(path: Path, keys: pd.DataFrame) -> pd.DataFrame:
    """What the truth says of impressions.

    Args:
        path: the truth.
        keys: ``request_id`` and ``item_id`` of M impressions.

    Returns:
        ``attraction`` and, where the truth has it, ``conversion_probability``, float32, [M] rows; NaN where it knows nothing.
    """
    names = [n for n in ("attraction", CONVERSION) if n in pq.read_schema(path).names]
    truth = pd.read_parquet(path, columns=[*KEYS, *names]).drop_duplicates(KEYS).set_index(KEYS)
    return truth.reindex(pd.MultiIndex.from_frame(keys[KEYS].astype(str))).astype(np.float32).reset_index(drop=True)


def truth_statistics(pages: Pages, hidden: pd.DataFrame, scores: Scores, split: str, k: int) -> dict[str, Statistic]:
    """What the metrics of `add_truth` are computed from, by name.

    The AUC counts each impression as bought with its conversion probability and as not bought with the rest of it: its
    expectation, were all impressions clicked.

    Args:
        pages: P pages of the log.
        hidden: as `hidden_truth` gives it.
        scores: of their impressions.
        split: what the names begin with.
        k: cut of NDCG.
    """
    attractive = dataclasses.replace(pages, relevance=hidden["attraction"].to_numpy())
    found: dict[str, Statistic] = judged_statistics(attractive, scores, f"{split}.truth", k, lowest=0.0)
    if CONVERSION in hidden and scores.cvr is not None:
        bought = hidden[CONVERSION].to_numpy()
        known = ~np.isnan(bought)
        page = pages.page_of_impression[known]
        found[f"{split}.truth.cvr.auc"] = Pooled.of(auc, bought[known], scores.cvr[known], page)
    return found


def add_truth(result: Evaluation, path: Path, pages: Pages, config: EvaluateConfig, seed: int) -> None:
    """Add how each ranker orders pages by the hidden attraction, the chance of a click where an item is looked at.

    ``<split>.truth.ndcg@k`` has the attraction as its gain, ``<split>.truth.pair_accuracy`` counts pairs of a page whose
    attractions differ, ``<split>.truth.cvr.auc`` is the AUC of pCVR over all impressions; each with its interval and the
    model's differences to the others.

    Args:
        result: with the scores of the pages of the log; it is added to.
        path: the truth.
        pages: P pages of the log, those that were scored.
        config: cut and number of resamples.
        seed: of the resamples.
    """
    scored = result.scores[result.scores["source"] == "log"]
    hidden = hidden_truth(path, scored)
    count, missing = len(hidden), int(hidden["attraction"].isna().sum())
    if missing:
        result.notes.append(f"{path}: no truth of {missing:,} of {count:,} impressions; truth metrics leave them out")
    if missing == count:
        return
    model, *others = result.rankers
    columns = {model: "score"} | {name: f"score.{name}" for name in others}
    units = unit_of_page(pages, "query")
    found = {}
    for name, column in columns.items():
        score, cvr = scored[column].to_numpy(np.float32), scored["cvr"].to_numpy(np.float32)
        if np.isnan(score).any():
            continue
        given = Scores(score=score, cvr=cvr if name == model and not np.isnan(cvr).any() else None)
        statistics = truth_statistics(pages, hidden, given, result.split, config.k)
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
