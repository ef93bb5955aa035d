"""What the finished runs of a study hold."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.study.config import MetricConfig, StudyConfig
from tools.study.cost import RunCost
from tools.study.execute import is_done
from tools.study.plan import PlannedRun
from tools.study.run_statistics import RunStatistics
from trainer.evaluation.evaluation import EVALUATION, METRICS
from trainer.evaluation.robustness import PREFIX
from trainer.training.run import FINISHED, HISTORY, read_json


@dataclass(frozen=True)
class FinishedRun:
    """A run that is trained and evaluated.

    Attributes:
        plan: what was run.
        metrics: of ``metrics.json``, and counts of ``finished.json`` as ``run.<key>``.
        evaluation: the whole of ``evaluation.json``.
        cost: what it cost.
        step_seconds: median over the points of the history; None where it has no times.
    """

    plan: PlannedRun
    metrics: Mapping[str, float]
    evaluation: Mapping[str, Any]
    cost: RunCost
    step_seconds: float | None

    @classmethod
    def load(cls, plan: PlannedRun) -> "FinishedRun":
        """Read a run folder.

        Raises:
            InputError: if a file of it is missing or damaged.
        """
        folder = plan.folder
        finished = read_json(folder / FINISHED)
        counts = {"steps": finished.get("steps"), **finished.get("parameters", {})}
        own = {f"run.{key}": float(value) for key, value in counts.items() if value is not None}
        times = [p["seconds_per_step"] for p in read_json(folder / HISTORY) if "seconds_per_step" in p]
        return cls(
            plan=plan,
            metrics={**read_json(folder / METRICS), **own},
            evaluation=read_json(folder / EVALUATION),
            cost=RunCost.load(folder),
            step_seconds=statistics.median(times) if times else None,
        )

    @cached_property
    def statistics(self) -> RunStatistics:
        """What its metrics are computed from."""
        return RunStatistics.of(self.plan.folder, str(self.evaluation["split"]), self.plan.experiment.data)

    @cached_property
    def rewritten_statistics(self) -> RunStatistics:
        """What its metrics of robustness are computed from; nothing where it was evaluated without."""
        return RunStatistics.of_rewritten(self.plan.folder, str(self.evaluation["split"]))

    def statistics_with(self, key: str) -> RunStatistics:
        """The statistics that a metric would be among."""
        return self.rewritten_statistics if key.startswith(f"{PREFIX}.") else self.statistics

    def value(self, metric: MetricConfig) -> float | None:
        """A metric of the study; None where the run does not have it."""
        return value_of(self.metrics, metric)


def value_of(metrics: Mapping[str, float], metric: MetricConfig) -> float | None:
    """A metric of the study out of flat metrics; None where they do not have it."""
    if metric.key not in metrics or (metric.minus is not None and metric.minus not in metrics):
        return None
    return metrics[metric.key] - (0.0 if metric.minus is None else metrics[metric.minus])


@dataclass(frozen=True)
class FinishedStudy:
    """The finished runs of a study.

    Attributes:
        study: which.
        source: its file.
        runs: finished, in the order in which they were planned.
        missing: planned and not finished.
    """

    study: StudyConfig
    source: Path
    runs: Sequence[FinishedRun]
    missing: Sequence[PlannedRun]

    @classmethod
    def load(cls, study: StudyConfig, source: Path, planned: Sequence[PlannedRun]) -> "FinishedStudy":
        """Read the finished ones of the planned runs; see `FinishedRun.load`."""
        runs = [FinishedRun.load(run) for run in planned if is_done(run)]
        return cls(study, source, runs, [run for run in planned if not is_done(run)])

    @cached_property
    def by_variant(self) -> dict[str, dict[int, FinishedRun]]:
        """Runs by variant and seed."""
        found: dict[str, dict[int, FinishedRun]] = {variant.name: {} for variant in self.study.variants}
        for run in self.runs:
            found[run.plan.variant][run.plan.seed] = run
        return found

    @property
    def reference(self) -> dict[int, FinishedRun]:
        """Runs of the reference by seed."""
        return self.by_variant[self.study.reference]

    def pairs(self, variant: str) -> list[tuple[FinishedRun, FinishedRun]]:
        """Runs of a variant and of the reference with the same seed."""
        return [(run, self.reference[seed]) for seed, run in self.by_variant[variant].items() if seed in self.reference]
