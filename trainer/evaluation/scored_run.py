"""The scores that an evaluation has kept of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.evaluation import EVALUATION, SCORES
from trainer.evaluation.scores import Scores
from trainer.metrics.page_metrics import Statistic, judged_statistics, log_statistics
from trainer.training.run import read_json, read_run_config

LABELLED = ["source", "request_id", "query", "item_id", "clicked", "purchased", "relevance"]
PROBABILITIES = ("ctr", "cvr", "ctcvr")
OF_A_CALIBRATED_RUN = ("ctr_uncalibrated", "ctcvr_uncalibrated")
SOURCES = ("log", "judged")


@dataclass(frozen=True)
class ScoredRun:
    """An evaluated run.

    Attributes:
        folder: the run folder.
        settings: its configuration, as JSON has it.
        split: on which it was evaluated.
        k: cut of NDCG.
        lowest: the relevance that gains nothing; None without judgments.
        table: one row an impression, as ``scores.parquet`` has it.
    """

    folder: Path
    settings: dict[str, Any]
    split: str
    k: int
    lowest: float | None
    table: pd.DataFrame

    def rows(self, source: str) -> pd.DataFrame:
        """The impressions of one source, ``log`` or ``judged``, page by page."""
        return self.table[self.table["source"] == source].sort_values("page", kind="stable", ignore_index=True)

    def side(self, source: str) -> tuple[Pages, Scores]:
        """Pages of one source and the model's scores of their impressions.

        Args:
            source: ``log`` or ``judged``.

        Returns:
            Pages without their items, none where the source was not scored.
        """
        part = self.rows(source)
        starts = np.flatnonzero(np.diff(part["page"].to_numpy(np.int64), prepend=-1))
        pages = Pages(
            table=part[["request_id", "query"]].iloc[starts].reset_index(drop=True),
            offset=np.append(starts, len(part)).astype(np.int64),
            item=np.zeros(len(part), np.int32),
            position=part["position"].to_numpy(np.int32),
            clicked=part["clicked"].to_numpy(np.int8),
            purchased=part["purchased"].to_numpy(np.int8),
            relevance=part["relevance"].to_numpy(np.float32),
        )
        names = [name for name in ("score", *PROBABILITIES, *OF_A_CALIBRATED_RUN) if name in part]
        columns = {name: part[name].to_numpy(np.float32) for name in names}
        given: dict[str, Any] = {
            name: values for name, values in columns.items() if name == "score" or not np.isnan(values).all()
        }
        return pages, Scores(**given)

    def statistics(
        self, source: str, pages: Pages, scores: Scores, k: int, prefix: str | None = None
    ) -> dict[str, Statistic]:
        """What the metrics of one source are computed from, by name; names begin with the split or ``judged`` by default."""
        if source == "log":
            return log_statistics(pages, scores, prefix or self.split, k)
        return judged_statistics(pages, scores, prefix or "judged", k, self.lowest)


def result_folder(folder: Path, split: str) -> Path:
    """Where ``shelfrank evaluate`` keeps what it found on a split."""
    return folder if split == "test" else folder / split


def read_scored_run(folder: Path, split: str) -> ScoredRun:
    """Read what ``shelfrank evaluate`` has kept of a run.

    Args:
        folder: what ``shelfrank train`` wrote.
        split: ``train``, ``valid`` or ``test``.

    Raises:
        InputError: if the folder is no run, was not evaluated on the split, or a file is damaged.
    """
    experiment, found = read_run_config(folder), result_folder(folder, split)
    for name in (EVALUATION, SCORES):
        if not (found / name).is_file():
            option = "" if split == "test" else f" --split {split}"
            raise InputError(
                f"{folder}: not evaluated on {split} ({name} is missing); run `shelfrank evaluate {folder}{option}` first"
            )
    kept = read_json(found / EVALUATION)
    columns = [*LABELLED, "page", "position", "score", *PROBABILITIES]
    try:
        there = pq.read_schema(found / SCORES).names
        table = pd.read_parquet(found / SCORES, columns=[*columns, *(n for n in OF_A_CALIBRATED_RUN if n in there)])
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{found / SCORES}: damaged ({reason}); evaluate again") from None
    if kept.get("split") != split or not isinstance(kept.get("k"), int):
        raise InputError(f"{found / EVALUATION}: is no evaluation of split {split}; evaluate again")
    settings = experiment.model_dump(mode="json")
    return ScoredRun(folder, settings, split, kept["k"], kept.get("lowest_relevance"), table)


def check_same_pages(first: ScoredRun, second: ScoredRun) -> None:
    """Refuse runs that were not scored on the same impressions with the same labels.

    Raises:
        InputError: naming both runs, how many impressions differ, and one of them.
    """
    one, other = (run.table[LABELLED] for run in (first, second))
    if one.reset_index(drop=True).equals(other.reset_index(drop=True)):
        return
    both = one.merge(other, how="outer", on=LABELLED, indicator="where")
    differing = both[both["where"] != "both"]
    if differing.empty and len(one) == len(other):
        return
    of = int((both["where"] != "right_only").sum())
    missing = int((differing["where"] == "left_only").sum())
    example = differing.iloc[0] if len(differing) else both.iloc[0]
    raise InputError(
        f"{second.folder}: was evaluated on other {first.split} pages than {first.folder}: {missing:,} of {of:,} impressions "
        f"are not there with the same labels, {len(differing) - missing:,} others are, for instance query "
        f"{example['query']!r}, item {example['item_id']!r}; compare runs of the same data, split and seed of the split"
    )
