"""What the metrics of an evaluated run are computed from, read back from its scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.config import DataConfig
from trainer.evaluation.scored_run import LABELLED, SOURCES, read_scored_run
from trainer.evaluation.truth import hidden_truth, truth_beside, truth_statistics
from trainer.metrics.page_metrics import Statistic


@dataclass(frozen=True)
class RunStatistics:
    """Metrics of a run that can be weighed anew by query.

    Attributes:
        impressions: by source: what was scored, with its labels.
        found: by key: the source and the metric.
        queries: by source: the query of each of its P pages, [P].
    """

    impressions: Mapping[str, pd.DataFrame]
    found: Mapping[str, tuple[str, Statistic]]
    queries: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, folder: Path, split: str, data: DataConfig) -> "RunStatistics":
        """Read the scores of an evaluated run.

        Args:
            folder: the run folder.
            split: on which it was evaluated.
            data: its tables; the truth of a simulated log may lie beside them.

        Raises:
            InputError: if the run was not evaluated, or a file is damaged.
        """
        run = read_scored_run(folder, split)
        impressions: dict[str, pd.DataFrame] = {}
        found: dict[str, tuple[str, Statistic]] = {}
        queries: dict[str, np.ndarray] = {}
        for source in SOURCES:
            pages, scores = run.side(source)
            if not len(pages):
                continue
            rows = run.rows(source)
            statistics = run.statistics(source, pages, scores, run.k)
            truth = truth_beside(data) if source == "log" else None
            if truth is not None:
                statistics = {**statistics, **truth_statistics(pages, hidden_truth(truth, rows), scores, split, run.k)}
            impressions[source] = rows[LABELLED]
            queries[source] = pages.table["query"].to_numpy(object)
            found |= {key: (source, statistic) for key, statistic in statistics.items()}
        return cls(impressions, found, queries)
