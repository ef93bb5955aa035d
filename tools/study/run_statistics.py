"""What the metrics of an evaluated run are computed from, read back from its scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from trainer.config import DataConfig
from trainer.data.pages import Pages
from trainer.evaluation.evaluation import SCORES
from trainer.evaluation.scores import Scores
from trainer.evaluation.truth import hidden_truth, truth_beside, truth_statistics
from trainer.metrics.page_metrics import Statistic, judged_statistics, log_statistics

SAME = ["source", "page", "request_id", "item_id"]
LABELS = ["query", "position", "clicked", "purchased", "relevance"]
PROBABILITIES = ("ctr", "cvr", "ctcvr", "ctr_uncalibrated", "ctcvr_uncalibrated")


@dataclass(frozen=True)
class RunStatistics:
    """Metrics of a run that can be weighed anew by query.

    Attributes:
        impressions: what was scored: source, page, request and item.
        found: by key: the metric and the query of each of its P pages, [P].
    """

    impressions: pd.DataFrame
    found: Mapping[str, tuple[Statistic, np.ndarray]]

    @classmethod
    def of(cls, folder: Path, evaluation: Mapping[str, Any], data: DataConfig) -> "RunStatistics":
        """Read the scores of an evaluated run.

        Args:
            folder: the run folder.
            evaluation: its ``evaluation.json``.
            data: its tables; the truth of a simulated log may lie beside them.
        """
        path = folder / SCORES
        names = set(pq.read_schema(path).names)
        wanted = [*SAME, *LABELS, "score", *PROBABILITIES]
        scored = pd.read_parquet(path, columns=[name for name in wanted if name in names])
        split, k = str(evaluation["split"]), int(evaluation["k"])
        found: dict[str, tuple[Statistic, np.ndarray]] = {}
        for source, rows in scored.groupby("source", sort=False):
            pages = _pages(rows)
            given: dict[str, Any] = {
                name: rows[name].to_numpy() for name in PROBABILITIES if name in rows and rows[name].notna().all()
            }
            scores = Scores(score=rows["score"].to_numpy(), **given)
            if source == "judged":
                statistics = judged_statistics(pages, scores, "judged", k, evaluation["lowest_relevance"])
            else:
                statistics = log_statistics(pages, scores, split, k)
                truth = truth_beside(data)
                if truth is not None:
                    statistics |= truth_statistics(pages, hidden_truth(truth, rows), scores, split, k)
            queries = pages.table["query"].to_numpy(object)
            found |= {key: (statistic, queries) for key, statistic in statistics.items()}
        return cls(scored[SAME], found)


def _pages(rows: pd.DataFrame) -> Pages:
    """The pages of scored impressions of one source, which stand page by page."""
    page = rows["page"].to_numpy()
    first = np.flatnonzero(np.r_[True, page[1:] != page[:-1]])
    return Pages(
        table=rows.iloc[first][["request_id", "query"]].reset_index(drop=True),
        offset=np.r_[first, len(rows)].astype(np.int64),
        item=pd.factorize(rows["item_id"])[0].astype(np.int32),
        position=rows["position"].to_numpy(),
        clicked=rows["clicked"].to_numpy(),
        purchased=rows["purchased"].to_numpy(),
        relevance=rows["relevance"].to_numpy(),
    )
