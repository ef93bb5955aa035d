"""Variants of a study beside the reference."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tools.study.config import FigureConfig, MetricConfig
from tools.study.finished import FinishedStudy, value_of
from tools.study.over_queries import difference_over_queries
from trainer.evaluation.seeds import SeedSummary, summarise_seeds


@dataclass(frozen=True)
class Compared:
    """One variant in one metric.

    Attributes:
        variant: its name.
        value: over its seeds; None without a run that has the metric.
        seeds: how many.
        difference: from the reference, over the seeds that both have; None for the reference itself.
        over_queries: interval of the difference over resamples of queries; None where there is none.
        over_reference: its mean over that of the reference, over the seeds that both have; None where that is 0.
    """

    variant: str
    value: SeedSummary | None
    seeds: int
    difference: SeedSummary | None = None
    over_queries: tuple[float, float] | None = None
    over_reference: float | None = None


@dataclass(frozen=True)
class Spent:
    """What the runs of one variant cost, means over seeds.

    Attributes:
        variant: its name.
        training_seconds: of the runs that one process trained.
        step_seconds: of a training step.
        evaluation_seconds: the model beside the baselines.
        peak_memory_mb: the most of all runs.
    """

    variant: str
    training_seconds: float | None
    step_seconds: float | None
    evaluation_seconds: float
    peak_memory_mb: float


def over_seeds(values: Sequence[float]) -> SeedSummary:
    """The mean of one value a seed, with the t-interval of the mean."""
    return summarise_seeds([{"value": value} for value in values])["value"]


def compare(finished: FinishedStudy, metric: MetricConfig) -> list[Compared]:
    """Every variant in one metric, in the order of the study."""
    found = []
    for variant, runs in finished.by_variant.items():
        values = [value for run in runs.values() if (value := run.value(metric)) is not None]
        mean = over_seeds(values) if values else None
        if variant == finished.study.reference:
            found.append(Compared(variant, mean, len(values)))
            continue
        pairs = [p for p in finished.pairs(variant) if None not in (p[0].value(metric), p[1].value(metric))]
        here = [run.value(metric) or 0.0 for run, _ in pairs]
        there = [other.value(metric) or 0.0 for _, other in pairs]
        difference = over_seeds([a - b for a, b in zip(here, there, strict=True)]) if pairs else None
        over_queries = difference_over_queries(pairs, metric) if pairs else None
        ratio = sum(here) / sum(there) if sum(there) else None
        found.append(Compared(variant, mean, len(values), difference, over_queries, ratio))
    return found


def baseline(finished: FinishedStudy, name: str, metric: MetricConfig) -> SeedSummary | None:
    """A baseline's metric over the seeds of the reference; None where it was not measured."""
    measured = [value_of(run.evaluation["rankers"].get(name, {}), metric) for run in finished.reference.values()]
    values = [value for value in measured if value is not None]
    return over_seeds(values) if values else None


def costs(finished: FinishedStudy) -> list[Spent]:
    """What each variant cost; variants without a finished run are left out."""
    found = []
    for variant, runs in finished.by_variant.items():
        if not runs:
            continue
        spent = [run.cost for run in runs.values()]
        steps = [run.step_seconds for run in runs.values() if run.step_seconds is not None]
        training = [cost.training_seconds for cost in spent if cost.training_seconds is not None]
        found.append(
            Spent(
                variant,
                statistics.mean(training) if training else None,
                statistics.mean(steps) if steps else None,
                statistics.mean(cost.evaluation_seconds for cost in spent),
                max(cost.peak_memory_mb for cost in spent),
            )
        )
    return found


def reached(figure: FigureConfig, row: Compared) -> bool | None:
    """Whether a variant reached a figure; None where it can't be told."""
    number = figure_of(figure, row)
    if number is None:
        return None
    enough = figure.at_least is None or number >= figure.at_least
    little = figure.at_most is None or number <= figure.at_most
    clear = not figure.clear_of_zero or (row.difference is not None and _clear_of_zero(row.difference))
    return enough and little and clear


def _clear_of_zero(found: SeedSummary) -> bool:
    """Whether the interval over seeds leaves zero out."""
    return found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)


def figure_of(figure: FigureConfig, row: Compared) -> float | None:
    """The number that a figure is about."""
    if figure.of == "difference":
        return None if row.difference is None else row.difference.mean
    if figure.of == "ratio":
        return row.over_reference
    return None if row.value is None else row.value.mean
