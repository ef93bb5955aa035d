"""Two evaluated runs, or two sets of them over seeds, compared on the same pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from trainer.errors import InputError
from trainer.evaluation.compared import Compared, Contrast
from trainer.evaluation.scored_run import SOURCES, ScoredRun, check_same_pages, read_scored_run
from trainer.metrics.bootstrap import HIGH, LOW, resample

MAY_DIFFER = {"name", "seed", "runs", "export", "evaluate", "collaborative", "retrieval", "channels", "lists"}
"""Keys in which runs of one side may differ, beside the folder of the prepared data."""


def compare_runs(first: Sequence[Path], second: Sequence[Path], split: str, resamples: int, seed: int) -> Compared:
    """Compare the runs of two sides, paired in the order given.

    Queries are drawn with replacement, the same for every run. With several seeds a side, pairs of runs are drawn as well
    (two levels; Davison and Hinkley, 1997), which takes their spread as seen for that of all seeds: the deviations of the
    drawn pairs are widened by ``sqrt(S / (S - 1)) * t / z``, t and z being the 97.5 % points of Student's t with S - 1
    degrees of freedom and of the normal distribution, so that the interval is not too narrow with few seeds.

    Args:
        first: S run folders that differ by seed.
        second: as many, to be subtracted.
        split: ``train``, ``valid`` or ``test``.
        resamples: how often queries are drawn.
        seed: of the resamples.

    Returns:
        Differences of all metrics that every run has.

    Raises:
        InputError: if a folder is no evaluated run, the runs of a side differ by more than their seed, their numbers
            differ, or the pages of a pair do.
    """
    if len(first) != len(second):
        raise InputError(
            f"compare: {len(first)} runs against {len(second)}; they are paired in the order given, so give as many on "
            "either side"
        )
    sides = [[read_scored_run(folder, split) for folder in folders] for folders in (first, second)]
    for runs in sides:
        _check_seeds(runs)
    pairs = list(zip(*sides, strict=True))
    for one, other in pairs:
        check_same_pages(one, other)
    k = pairs[0][0].k
    contrasts: dict[str, Contrast] = {}
    counts: dict[str, dict[str, int]] = {}
    for source in SOURCES:
        measured = _measured(source, pairs, k, resamples, seed)
        if measured is None:
            continue
        counts[source] = measured.counts
        for name in measured.names():
            contrasts[name] = _contrast(name, measured, seed)
    if not contrasts:
        raise InputError(f"compare: no metric that all runs have on split {split}; evaluate them again")
    return Compared(split, k, list(map(str, first)), list(map(str, second)), resamples, counts, contrasts)


@dataclass(frozen=True)
class _Measured:
    """Metrics of the pairs on one source.

    Attributes:
        figures: by pair, by side, by metric.
        drawn: the same over resamples, float64 [n].
        counts: distinct queries, and pages of a run.
    """

    figures: list[tuple[dict[str, float], dict[str, float]]]
    drawn: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]
    counts: dict[str, int]

    def names(self) -> list[str]:
        """Metrics that every run has."""
        every = [side for pair in self.figures for side in pair]
        return [name for name in every[0] if not any(np.isnan(side.get(name, np.nan)) for side in every)]


def _measured(source: str, pairs: list[tuple[ScoredRun, ScoredRun]], k: int, n: int, seed: int) -> _Measured | None:
    sides = [tuple(run.side(source) for run in pair) for pair in pairs]
    if not all(len(pages) for pair in sides for pages, _ in pair):
        return None
    # Seeds that part the queries otherwise have other test pages: queries are drawn from all of them together.
    queries = pd.Index(pd.concat([pages.table["query"] for pair in sides for pages, _ in pair]).unique())
    values, drawn = [], []
    for runs, pair in zip(pairs, sides, strict=True):
        statistics = [run.statistics(source, pages, scores, k) for run, (pages, scores) in zip(runs, pair, strict=True)]
        units = [queries.get_indexer(pages.table["query"]) for pages, _ in pair]
        values.append(tuple({name: s.value() for name, s in side.items()} for side in statistics))
        drawn.append(
            tuple(resample(side, unit, n, seed, len(queries)) for side, unit in zip(statistics, units, strict=True))
        )
    return _Measured(values, drawn, {"queries": len(queries), "pages": len(sides[0][0][0])})  # type: ignore[arg-type]


def _contrast(name: str, measured: _Measured, seed: int) -> Contrast:
    one, other = (float(np.mean([pair[side][name] for pair in measured.figures])) for side in (0, 1))
    by_seed = [pair[0][name] - pair[1][name] for pair in measured.figures]
    if name not in measured.drawn[0][0]:
        return Contrast(one, other, one - other, by_seed)
    drawn = over_seeds(np.array([pair[0][name] - pair[1][name] for pair in measured.drawn]), seed)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Contrast(one, other, one - other, by_seed)
    low, high = np.percentile(drawn, [LOW, HIGH])
    return Contrast(one, other, one - other, by_seed, float(low), float(high), two_sided_p(drawn))


def over_seeds(drawn: np.ndarray, seed: int) -> np.ndarray:
    """Draw seeds beside the queries; see `compare_runs`.

    Args:
        drawn: a figure of each of S seeds over n resamples of queries, float64 [S, n].
        seed: of the draws.

    Returns:
        float64 [n]
    """
    count, n = drawn.shape
    if count == 1:
        return drawn[0]
    mean = drawn.mean(axis=0)
    chosen = np.random.default_rng([seed, count]).integers(count, size=(count, n))
    few = float(stats.t.ppf(HIGH / 100, count - 1) / stats.norm.ppf(HIGH / 100))
    wider = np.sqrt(count / (count - 1)) * few
    return np.asarray(mean + wider * (np.take_along_axis(drawn, chosen, axis=0).mean(axis=0) - mean))


def two_sided_p(drawn: np.ndarray) -> float:
    """Twice the share of resampled differences on the smaller side of zero, at most 1; one is added to either count.

    Args:
        drawn: float64 [n]
    """
    smaller = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return min(2.0 * (float(smaller) + 1.0) / (len(drawn) + 1.0), 1.0)


def _check_seeds(runs: list[ScoredRun]) -> None:
    """Refuse runs of one side that differ by more than their seed, or not by it."""
    first, *others = runs
    seeds = {first.settings["seed"]: first.folder}
    for run in others:
        keys = sorted(key for key in _flat(first.settings).items() ^ _flat(run.settings).items())
        if keys:
            raise InputError(
                f"{run.folder}: differs from {first.folder} in {', '.join(dict.fromkeys(key for key, _ in keys))}; runs of "
                "one side may differ by their seed only"
            )
        seed = run.settings["seed"]
        if seed in seeds:
            raise InputError(f"{run.folder}: has the seed of {seeds[seed]}, {seed}; give runs of different seeds")
        seeds[seed] = run.folder


def _flat(settings: dict[str, object], start: str = "") -> dict[str, str]:
    """Settings that must agree, by dotted key."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        path = f"{start}{key}"
        if path in MAY_DIFFER or path == "data.prepared":
            continue
        if isinstance(value, dict):
            found |= _flat(value, f"{path}.")
        else:
            found[path] = repr(value)
    return found
