"""What the metrics of an evaluated run are computed from, read back from its scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.config import DataConfig
from trainer.data.pages import concatenate
from trainer.evaluation.robustness import prefix_of, read_rewritten
from trainer.evaluation.scored_run import LABELLED, SOURCES, read_scored_run, result_folder
from trainer.evaluation.scores import Scores
from trainer.evaluation.truth import hidden_truth, truth_beside, truth_statistics
from trainer.metrics.bootstrap import resample
from trainer.metrics.page_metrics import Statistic


@dataclass(frozen=True)
class Lost:
    """What a metric of the queries as they were loses when they are rewritten.

    Attributes:
        asked: the metric of P pages as they were.
        rewritten: of the same pages with other queries.
    """

    asked: Statistic
    rewritten: Statistic

    def value(self, weight: np.ndarray | None = None) -> float:
        """The loss with weights of the pages, float [P]."""
        return self.asked.value(weight) - self.rewritten.value(weight)


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
    _resampled: dict[tuple[object, ...], np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def resampled(self, key: str, queries: pd.Index, n: int, seed: int) -> np.ndarray:
        """One metric over draws of queries; kept, as the run of a reference is compared with that of each variant.

        Args:
            key: of the metric.
            queries: those to draw from, each once; those of the run are among them.
            n: how many resamples.
            seed: of the resamples.

        Returns:
            float64 [n], NaN where the metric is not defined.
        """
        asked = (key, tuple(queries), n, seed)
        if asked not in self._resampled:
            source, statistic = self.found[key]
            units = queries.get_indexer(pd.Index(self.queries[source]))
            self._resampled[asked] = resample({key: statistic}, units, n, seed, len(queries))[key]
        return self._resampled[asked]

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

    @classmethod
    def of_rewritten(cls, folder: Path, split: str) -> "RunStatistics":
        """Read the scores that ``evaluate --robustness`` left; the sources are the sets, each of the log and of judgments.

        Args:
            folder: the run folder.
            split: on which it was evaluated.

        Returns:
            Nothing where the run was evaluated without.

        Raises:
            InputError: if the run was not evaluated, or a file is damaged.
        """
        run = read_scored_run(folder, split)
        table = read_rewritten(result_folder(folder, split))
        impressions: dict[str, pd.DataFrame] = {}
        found: dict[str, tuple[str, Statistic]] = {}
        queries: dict[str, np.ndarray] = {}
        for source, name in table[["source", "set"]].drop_duplicates().to_numpy(str):
            rows = table[(table["source"] == source) & (table["set"] == name)]
            pages, scores = run.side(source)
            draws = len(rows) // max(len(pages.item), 1)
            repeated = concatenate([pages] * draws)
            prefix = prefix_of(name, source)
            plain, after = (
                run.statistics(source, repeated, Scores(score=score), run.k, prefix)
                for score in (np.tile(scores.score, draws), rows["score"].to_numpy(np.float32))
            )
            here = f"{name} {source}"
            labels = pd.concat([run.rows(source)[LABELLED]] * draws, ignore_index=True)
            impressions[here] = labels.assign(rewritten=rows["rewritten"].to_numpy(object))
            queries[here] = repeated.table["query"].to_numpy(object)
            found |= {key: (here, statistic) for key, statistic in after.items()}
            found |= {f"{key}.drop": (here, Lost(plain[key], statistic)) for key, statistic in after.items()}
        return cls(impressions, found, queries)
