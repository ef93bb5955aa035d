"""Metrics of slices, and how they differ from those of the rest."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores
from trainer.evaluation.slicing import Slicing
from trainer.metrics.auc import auc
from trainer.metrics.bootstrap import HIGH, LOW, unit_of_page
from trainer.metrics.page_metrics import judged_statistics, log_statistics
from trainer.metrics.pair_accuracy import pair_accuracy
from trainer.metrics.ratio import Ratio
from trainer.metrics.slice_bootstrap import SliceAuc, SliceRatio, SliceStatistic, resampled

LEAST_QUERIES = 10
"""Queries with a say in the metric that a slice, and its rest, need for a flag: intervals over fewer are too narrow."""
AHEAD, BEHIND = "ahead", "behind"
Points = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class SliceFigure:
    """One metric of a slice.

    Attributes:
        value: of the slice.
        low: end of its 95 % interval over queries, None where there is none; likewise the next.
        high: the other end.
        gap: the value less that of the rest, None where the rest has none.
        gap_low: end of the 95 % interval of the gap over the same resamples.
        gap_high: the other end.
        flag: ``ahead`` or ``behind`` where that interval is clear of zero, else empty.
    """

    value: float
    low: float | None = None
    high: float | None = None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    flag: str = ""


@dataclass(frozen=True)
class Slice:
    """A slice of the pages of one source.

    Attributes:
        source: ``log`` or ``judged``.
        by: what it goes by.
        value: its name, as keys of metrics have it.
        label: its name for people.
        pages: pages that are, or hold items, of the slice.
        queries: their distinct queries.
        figures: by metric.
    """

    source: str
    by: str
    value: str
    label: str
    pages: int
    queries: int
    figures: dict[str, SliceFigure]

    def flat(self) -> dict[str, float]:
        """``slice.<by>.<value>.<metric>`` with ``.low``, ``.high``, ``.gap``, ``.gap.low`` and ``.gap.high``, and counts."""
        start = f"slice.{self.by}.{self.value}"
        counted = start if self.source == "log" else f"{start}.{self.source}"
        found: dict[str, float | None] = {f"{counted}.pages": self.pages, f"{counted}.queries": self.queries}
        for metric, figure in self.figures.items():
            key = f"{start}.{metric}"
            found |= {key: figure.value, f"{key}.low": figure.low, f"{key}.high": figure.high}
            found |= {f"{key}.gap": figure.gap, f"{key}.gap.low": figure.gap_low, f"{key}.gap.high": figure.gap_high}
        return {key: value for key, value in found.items() if value is not None}

    def as_dict(self) -> dict[str, Any]:
        """What JSON keeps of it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> "Slice":
        """What `as_dict` gave."""
        return cls(**{**kept, "figures": {name: SliceFigure(**figure) for name, figure in kept["figures"].items()}})


@dataclass(frozen=True)
class SlicedPages:
    """Scored pages of one source.

    Attributes:
        source: ``log`` or ``judged``.
        pages: P pages of M impressions.
        scores: the model's.
        k: cut of NDCG.
        lowest: the relevance that gains nothing; None without judgments.
    """

    source: str
    pages: Pages
    scores: Scores
    k: int
    lowest: float | None = None

    def measure(self, slicing: Slicing, n: int, seed: int) -> list[Slice]:
        """Measure the slices of one slicing.

        A slice of pages has the metrics of its pages. A slice of items has the AUC of its impressions; in the other metrics
        its clicked items stand against all unclicked ones of their pages, and in pairs of judged items the better one is of
        the slice. NDCG of judged pages has no such part.

        Args:
            slicing: of the pages or of their impressions.
            n: how many resamples of queries.
            seed: of the resamples.

        Returns:
            A slice for each value.
        """
        units, count = unit_of_page(self.pages, "query"), len(slicing.names)
        code = slicing.code if slicing.of_items else slicing.code[self.pages.page_of_impression]
        statistics = self._order(slicing, units, count)
        points: dict[str, Points] = {}
        if self.source == "log":
            areas, points = self._areas(code, units, count)
            statistics |= areas
        total = int(units.max(initial=-1)) + 1
        figures: list[dict[str, SliceFigure]] = [{} for _ in slicing.names]
        for metric, statistic in statistics.items():
            own, rest = points.get(metric) or (side[0] for side in statistic.value(np.ones((1, total))))
            drawn = resampled(statistic, total, n, seed) if n else None
            queries = statistic.queries()
            for number in np.flatnonzero(~np.isnan(own)).tolist():
                figure = SliceFigure(float(own[number]))
                if not np.isnan(rest[number]):
                    figure = replace(figure, gap=float(own[number] - rest[number]))
                if drawn is not None:
                    columns = (drawn[0][:, number], drawn[1][:, number])
                    figure = _with_intervals(figure, *columns, int(queries[0][number]), int(queries[1][number]))
                figures[number][metric] = figure
        slices = []
        for number, (name, label) in enumerate(zip(slicing.names, slicing.labels, strict=True)):
            held = self._pages_with(code == number)
            asked = len(np.unique(units[held]))
            slices.append(Slice(self.source, slicing.by, name, label, int(held.sum()), asked, figures[number]))
        return slices

    def _pages_with(self, chosen: np.ndarray) -> np.ndarray:
        """Pages that hold a chosen impression, bool [P]."""
        return np.bincount(self.pages.page_of_impression[chosen], minlength=len(self.pages)) > 0

    def _order(self, slicing: Slicing, units: np.ndarray, count: int) -> dict[str, SliceStatistic]:
        """Metrics of order by name."""
        if not slicing.of_items:
            ratios = self._ratios(None)
            return {name: SliceRatio.of_pages(ratio, units, slicing.code, count) for name, ratio in ratios.items()}
        own = [self._ratios(slicing.code == number) for number in range(count)]
        rest = [self._ratios(slicing.code != number) for number in range(count)]
        return {
            name: SliceRatio.of_items([part[name] for part in own], [part[name] for part in rest], units)
            for name in (own[0] if own else ())
        }

    def _ratios(self, chosen: np.ndarray | None) -> dict[str, Ratio]:
        """Metrics of order, with the better items limited to the chosen impressions."""
        pages, score = self.pages, Scores(score=self.scores.score)
        if self.source == "log":
            if chosen is not None:
                pages = replace(pages, clicked=np.where((pages.clicked == 1) & ~chosen, -1, pages.clicked))
            found = log_statistics(pages, score, "", self.k)
        elif chosen is None:
            found = judged_statistics(pages, score, "judged", self.k, self.lowest)
        else:
            known = ~np.isnan(pages.relevance)
            offset = np.concatenate([[0], np.cumsum(known)])[pages.offset]
            pairs = pair_accuracy(pages.relevance[known], score.score[known], offset, chosen[known])
            found = {"judged.pair_accuracy": pairs}
        return {name.removeprefix("."): ratio for name, ratio in found.items() if isinstance(ratio, Ratio)}

    def _areas(
        self, code: np.ndarray, units: np.ndarray, count: int
    ) -> tuple[dict[str, SliceStatistic], dict[str, Points]]:
        """Areas under ROC curves by name: over resamples, and of these very pages."""
        pages, total = self.pages, int(units.max(initial=-1)) + 1
        unit = units[pages.page_of_impression]
        bought = (pages.clicked >= 0) & (pages.purchased >= 0)
        parts = {
            "ctr.auc": (self.scores.ctr, pages.clicked, pages.clicked >= 0),
            "cvr.auc": (self.scores.cvr, pages.purchased, bought & (pages.clicked == 1)),
            "ctcvr.auc": (self.scores.ctcvr, pages.purchased, bought),
        }
        areas: dict[str, SliceStatistic] = {}
        points: dict[str, Points] = {}
        for name, (score, label, chosen) in parts.items():
            if score is None or not chosen.any():
                continue
            labels, given, codes = (values[chosen] for values in (label, score, code))
            areas[name] = SliceAuc.of(labels, given, unit[chosen], codes, count, total)
            points[name] = (
                np.array([auc(labels[codes == n], given[codes == n]) for n in range(count)]),
                np.array([auc(labels[codes != n], given[codes != n]) for n in range(count)]),
            )
        return areas, points


def _with_intervals(
    figure: SliceFigure, own: np.ndarray, rest: np.ndarray, queries: int, queries_of_rest: int
) -> SliceFigure:
    """With the intervals that the resamples of a slice and of its rest give."""
    if queries >= 2 and not np.isnan(own).all():
        low, high = np.nanpercentile(own, [LOW, HIGH])
        figure = replace(figure, low=float(low), high=float(high))
    gaps, fewer = own - rest, min(queries, queries_of_rest)
    if figure.gap is not None and fewer >= 2 and not np.isnan(gaps).all():
        low, high = (float(end) for end in np.nanpercentile(gaps, [LOW, HIGH]))
        flag = AHEAD if low > 0 else BEHIND if high < 0 else ""
        figure = replace(figure, gap_low=low, gap_high=high, flag=flag if fewer >= LEAST_QUERIES else "")
    return figure
