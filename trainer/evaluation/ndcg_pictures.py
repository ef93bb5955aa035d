"""Pictures of order: NDCG by cut and by query frequency, and the model's lead over the baselines."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from trainer.evaluation.drawing import (
    BAD,
    FACE,
    GOOD,
    INK,
    MUTED,
    NARROW,
    Picture,
    absent,
    canvas,
    colour_of,
    legend_entry,
    slug,
)
from trainer.evaluation.report_curves import frequency_bands, ndcg_by_page
from trainer.evaluation.report_data import ReportData, ScoredSide
from trainer.evaluation.report_tables import state_of
from trainer.metrics.bootstrap import intervals
from trainer.metrics.ratio import Ratio
from trainer.metrics.ties import sum_by_page

CUTS = np.arange(1, 21)
RESAMPLES = 200


def ndcg_by_cut(side: ScoredSide, source: str, rankers: Sequence[str]) -> Picture:
    """NDCG at cuts from 1 to 20 of every ranker.

    Args:
        side: scored impressions.
        source: ``log`` or ``judged``.
        rankers: all of them, the model first.
    """
    title = "NDCG by cut, clicks" if source == "log" else "NDCG by cut, human judgments"
    found = {name: np.nanmean(v, axis=0) for name, v in page_ndcg(side, CUTS).items() if not np.isnan(v).all()}
    if not found:
        return absent(title, "no page with a known better and worse item")
    longest = min(int(sum_by_page(~np.isnan(side.gain), side.offset).max()), len(CUTS))
    alt = f"{title}: at 1 " + ", ".join(f"{name} {v[0]:.3f}" for name, v in found.items())
    alt += f"; at {longest} " + ", ".join(f"{name} {v[longest - 1]:.3f}" for name, v in found.items()) + "."
    with canvas(slug(title), alt, NARROW) as chart:
        axes = chart.axes
        for name in reversed(found):
            line = {"lw": 2.6, "marker": "o", "ms": 3.5} if name == rankers[0] else {"lw": 1.4}
            axes.plot(CUTS[:longest], found[name][:longest], color=colour_of(rankers.index(name)), **line)
        axes.set(xlabel="cut: places that count", ylabel="NDCG", xlim=(0.5, longest + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend = [legend_entry(name, colour_of(rankers.index(name)), f"{v[0]:.3f}") for name, v in found.items()]
    return Picture(
        title,
        chart.svg,
        "Mean over the pages where one order can be better than another; in the legend NDCG@1.",
        legend,
    )


def ndcg_by_frequency(side: ScoredSide, rankers: Sequence[str], k: int, seed: int) -> Picture:
    """NDCG of every ranker on frequent and on rare queries.

    Args:
        side: impressions of the log.
        rankers: all of them, the model first.
        k: cut of NDCG.
        seed: of the resamples that give the intervals.
    """
    title = f"NDCG@{k} by query frequency"
    queries = side.table["query"].iloc[side.offset[:-1]].reset_index(drop=True)
    band, names = frequency_bands(queries)
    if len(names) == 1:
        return absent(title, "every query was asked as often as every other")
    units = pd.factorize(queries)[0]
    found = {}
    for name, values in page_ndcg(side, np.array([k])).items():
        known = ~np.isnan(values[:, 0])
        parts = {
            b: Ratio(np.where(chosen := known & (band == n), values[:, 0], 0.0), chosen.astype(np.float64))
            for n, b in enumerate(names)
        }
        ends = intervals(parts, units, RESAMPLES, seed)
        found[name] = np.array([(part.value(), *ends.get(b, (np.nan, np.nan))) for b, part in parts.items()])
    if not found:
        return absent(title, "no page with a click and an item without one")
    alt = f"{title}: " + "; ".join(
        f"{b} " + ", ".join(f"{name} {figures[n, 0]:.3f}" for name, figures in found.items())
        for n, b in enumerate(names)
    )
    with canvas(slug(title), alt, NARROW) as chart:
        axes = chart.axes
        step = 0.7 / len(found)
        for place, (name, figures) in enumerate(found.items()):
            x = np.arange(len(names)) + (place - (len(found) - 1) / 2) * step
            colour = colour_of(rankers.index(name))
            axes.vlines(x, figures[:, 1], figures[:, 2], color=colour, lw=1.6)
            axes.scatter(x, figures[:, 0], color=colour, s=34 if place == 0 else 22, zorder=3)
        axes.set_xticks(range(len(names)), [_band_label(b, queries[band == n]) for n, b in enumerate(names)])
        axes.set(ylabel=f"NDCG@{k}", xlim=(-0.5, len(names) - 0.5))
        axes.grid(visible=False, axis="x")
    legend = [legend_entry(name, colour_of(rankers.index(name))) for name in found]
    caption = (
        "Each band holds about a third of the evaluated pages, by how often their query was asked; 95 % intervals."
    )
    return Picture(title, chart.svg, caption, legend)


def _band_label(name: str, queries: pd.Series) -> str:
    counts = queries.value_counts()
    low, high = counts.min(), counts.max()
    times = f"{low}" if low == high else f"{low}–{high}"
    return f"{name}\n{len(counts):,} queries\n{times}× each"


def page_ndcg(side: ScoredSide, cuts: np.ndarray) -> dict[str, np.ndarray]:
    """NDCG of each page by ranker; impressions whose label is unknown do not count.

    Args:
        side: scored impressions.
        cuts: int [K]

    Returns:
        float64 [P, K] by ranker, NaN on pages without a better and a worse order, or that the ranker has no order for.
    """
    known = ~np.isnan(side.gain)
    offset = np.concatenate([[0], np.cumsum(known)])[side.offset]
    found = {}
    for name, score in side.scores.items():
        missing = sum_by_page(np.isnan(score[known]), offset) > 0
        values = ndcg_by_page(side.gain[known], np.nan_to_num(score[known]), offset, cuts)
        found[name] = np.where(missing[:, None], np.nan, values)
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def difference_plot(data: ReportData, key: str, label: str, name: str) -> Picture | None:
    """The model's lead over each baseline in one metric, with intervals.

    Args:
        data: the evaluated run.
        key: of the metric.
        label: its name for people.
        name: unique on the page.
    """
    found = {baseline: d[key] for baseline, d in data.differences.items() if key in d}
    if not found:
        return None
    alt = f"{label}, {data.model} minus: " + "; ".join(
        f"{b} {d['difference']:+.4f}" + ("" if d["low"] is None else f" ({d['low']:+.4f} to {d['high']:+.4f})")
        for b, d in found.items()
    )
    with canvas(name, alt, (NARROW[0], 0.8 + 0.27 * len(found))) as chart:
        axes = chart.axes
        axes.axvline(0, color=MUTED, lw=1)
        for row, d in enumerate(found.values()):
            colour = {"good": GOOD, "bad": BAD, "": MUTED}[state_of(d)]
            if d["low"] is not None:
                axes.hlines(row, d["low"], d["high"], color=colour, lw=2.4)
            axes.scatter([d["difference"]], [row], color=colour, s=42, zorder=3, edgecolor=FACE, linewidth=1.2)
        axes.set_yticks(range(len(found)), [f"− {b}" for b in found], color=INK)
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(
            lambda value, _: f"{value:+.3g}".replace("-", "−") if abs(value) > 1e-12 else "0"
        )
    return Picture(label, chart.svg, "")
