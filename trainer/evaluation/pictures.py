"""Pictures of what was scored: threshold curves, calibration, positions and histograms."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from trainer.evaluation.drawing import (
    INK,
    MUTED,
    NARROW,
    LegendEntry,
    Picture,
    absent,
    canvas,
    colour_of,
    legend_entry,
    slug,
)
from trainer.evaluation.report_curves import (
    Curve,
    Rates,
    calibration,
    pr_curve,
    rates_by_position,
    roc_curve,
    thin,
)
from trainer.evaluation.report_data import ScoredSide
from trainer.metrics.auc import auc
from trainer.metrics.ece import ece
from trainer.metrics.pr_auc import pr_auc

POINTS = 160
POSITIONS = 20
BINS = 24
LEAST_RECALL = 0.02
GRADES = 6
TARGETS = {"ctr": ("clicked", "click"), "ctcvr": ("purchased", "purchase")}


def discrimination(side: ScoredSide, rankers: Sequence[str]) -> list[Picture]:
    """ROC and precision-recall curves of clicks and of purchases, the model beside the baselines.

    Args:
        side: impressions of the log.
        rankers: all of them, the model first; their places give the colours.
    """
    return [
        _threshold_curves(side, rankers, target, kind) for target in TARGETS for kind in ("ROC", "Precision and recall")
    ]


def _threshold_curves(side: ScoredSide, rankers: Sequence[str], target: str, kind: str) -> Picture:
    column, event = TARGETS[target]
    title = f"{kind}, {target.upper()}"
    label = side.column(column)
    curve_of, area_of = (roc_curve, auc) if kind == "ROC" else (pr_curve, pr_auc)
    known = ~np.isnan(label)
    drawn: list[tuple[int, str, Curve, float]] = []
    for number, name in enumerate(rankers):
        score = side.scores.get(name)
        if number == 0:
            score = side.column(target)
        if score is None or (chosen := known & ~np.isnan(score)).sum() == 0 or np.ptp(score[chosen]) == 0:
            continue
        curve = curve_of(label[chosen], score[chosen])
        if curve is not None:
            if kind != "ROC":
                curve = Curve(*(part[curve.x >= LEAST_RECALL] for part in curve))
            drawn.append((number, name, thin(curve, POINTS), area_of(label[chosen], score[chosen])))
    if not drawn:
        return absent(title, f"no impression with a known {event}, or none without one")
    base = float(label[known].mean())
    areas = ", ".join(f"{name} {area:.3f}" for _, name, _, area in drawn)
    alt = f"{title}: area under the curve {areas}."
    with canvas(slug(title), alt) as chart:
        axes = chart.axes
        for number, _, curve, _ in reversed(drawn):
            axes.plot(*curve, color=colour_of(number), lw=2.4 if number == 0 else 1.2)
        if kind == "ROC":
            axes.plot([0, 1], [0, 1], color=MUTED, lw=1, ls=(0, (3, 3)))
            axes.set(
                xlabel=f"share of impressions without a {event} above the cut", ylabel=f"share of {event}s above it"
            )
            axes.set(xlim=(0, 1), ylim=(0, 1.01))
        else:
            axes.axhline(base, color=MUTED, lw=1, ls=(0, (3, 3)))
            top = max(curve.y.max() for _, _, curve, _ in drawn)
            axes.set(xlabel=f"recall: share of {event}s above the cut", ylabel="precision", xlim=(0, 1))
            axes.set_ylim(0, min(1.02, 1.15 * max(top, base)))
    dashes = "chance" if kind == "ROC" else f"chance: {base:.1%} of impressions have a {event}"
    caption = f"All impressions together, the area in the legend; dashed: {dashes}."
    legend = [legend_entry(name, colour_of(number), f"{area:.3f}") for number, name, _, area in drawn]
    return Picture(title, chart.svg, caption, legend)


def calibrations(side: ScoredSide) -> list[Picture]:
    """Predicted against seen rates of clicks and of purchases.

    Args:
        side: impressions of the log.
    """
    return [_calibration(side, target) for target in TARGETS]


def _calibration(side: ScoredSide, target: str) -> Picture:
    column, event = TARGETS[target]
    title = f"Calibration, {target.upper()}"
    label, probability = side.column(column), side.column(target)
    known = ~np.isnan(label) & ~np.isnan(probability)
    if not known.any():
        return absent(title, f"no impression with a predicted and a known {event}")
    label, probability = label[known], probability[known]
    rates, error = calibration(label, probability), ece(label, probability)
    raw = side.column(f"{target}_uncalibrated")[known]
    before = None if np.isnan(raw).any() else calibration(label, raw)
    legend: list[LegendEntry] = []
    mean, seen = probability.mean(), label.mean()
    alt = f"{title}: expected calibration error {error:.4f}; predicted {mean:.2%} on average, seen {seen:.2%}."
    with canvas(slug(title), alt, NARROW) as chart:
        axes = chart.axes
        end = 1.08 * max(rates.predicted.max(), rates.seen.max(), 1e-9)
        if before is not None:
            end = max(end, 1.08 * max(before.predicted.max(), before.seen.max()))
            axes.plot(before.predicted, before.seen, color=MUTED, lw=1.4, marker="o", ms=3)
        axes.plot([0, end], [0, end], color=MUTED, lw=1, ls=(0, (3, 3)))
        _seen(axes, rates.predicted, rates)
        axes.set(xlim=(0, end), ylim=(0, max(end, 1.02 * min(rates.high.max(), 1.6 * end))))
        axes.set(xlabel=f"predicted {target.upper()}", ylabel=f"share with a {event}")
        _percent(axes, "both", end)
    caption = (
        f"ECE {error:.4f} over {len(rates.mass)} bins of equal mass; {mean:.2%} predicted on average, {seen:.2%} seen. "
        "On the dashed line predictions are true; whiskers are 95 % intervals."
    )
    if before is not None:
        was = ece(label, raw)
        caption += f" Before calibration the ECE was {was:.4f}, with {raw.mean():.2%} predicted on average."
        legend = [legend_entry("calibrated", colour_of(0), f"{error:.4f}"), legend_entry("before", MUTED, f"{was:.4f}")]
    return Picture(title, chart.svg, caption, legend)


def click_rate_by_position(side: ScoredSide) -> Picture:
    """CTR predicted and seen at each position.

    Args:
        side: impressions of the log.
    """
    title = "CTR by position"
    label, probability, position = side.column("clicked"), side.column("ctr"), side.column("position")
    known = ~np.isnan(label) & ~np.isnan(probability) & (position > 0)
    if not known.any():
        return absent(title, "no impression with a position, a click that is known and a predicted CTR")
    shown = known & (position <= POSITIONS)
    if not shown.any():
        return absent(title, f"no impression at positions 1 to {POSITIONS}")
    places, rates = rates_by_position(position[shown].astype(np.int64), label[shown], probability[shown])
    alt = (
        f"{title}: at position {places[0]} seen {rates.seen[0]:.1%} and predicted {rates.predicted[0]:.1%}, "
        f"at position {places[-1]} seen {rates.seen[-1]:.1%} and predicted {rates.predicted[-1]:.1%}."
    )
    with canvas(slug(title), alt, NARROW) as chart:
        axes = chart.axes
        _seen(axes, places, rates, INK)
        axes.plot(places, rates.predicted, color=colour_of(0), lw=2.4, marker="o", ms=3.5)
        axes.set(xlabel="position on the page as logged", ylabel="CTR", ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _percent(axes, "y", float(max(rates.seen.max(), rates.predicted.max())))
    caption = (
        "The prediction is not told the position, so where it is flatter than what was seen, users looked at "
        "the upper places more: position bias."
    )
    if (rest := known.sum() - shown.sum()) > 0:
        caption += f" {rest:,} impressions below position {POSITIONS} are not drawn."
    return Picture(title, chart.svg, caption, [legend_entry("predicted", colour_of(0)), legend_entry("seen", INK)])


def score_histogram(side: ScoredSide, source: str, score_name: str) -> Picture:
    """Distribution of the model's score by label.

    Args:
        side: scored impressions.
        source: ``log`` or ``judged``.
        score_name: what the score is, for instance ``ctcvr``.
    """
    title = "Scores by click and purchase" if source == "log" else "Scores by judged relevance"
    score = next(iter(side.scores.values()), np.full(len(side.table), np.nan))
    groups = {n: c for n, c in (_labels(side) if source == "log" else _grades(side)).items() if c.sum() > 1}
    known = ~np.isnan(score)
    if not groups or not known.any():
        return absent(title, "no impression with a score and a known label")
    low, high = np.quantile(score[known], [0.002, 0.998])
    logarithmic = low > 0 and high / low > 30
    if high <= low:
        return absent(title, "every impression has the same score")
    edges = np.geomspace(low, high, BINS + 1) if logarithmic else np.linspace(low, high, BINS + 1)
    shares = {n: np.histogram(score[c & known], edges)[0] / max((c & known).sum(), 1) for n, c in groups.items()}
    medians = {name: float(np.median(score[c & known])) if (c & known).any() else np.nan for name, c in groups.items()}
    alt = f"{title}: median score " + ", ".join(f"{name} {value:.4g}" for name, value in medians.items()) + "."
    colours = [MUTED, colour_of(0), colour_of(1), colour_of(2), colour_of(3), colour_of(4)]
    with canvas(slug(title), alt) as chart:
        axes = chart.axes
        for (name, share), colour in zip(shares.items(), colours, strict=False):
            axes.stairs(share, edges, color=colour, fill=True, alpha=0.16, lw=0)
            axes.stairs(share, edges, color=colour, lw=1.6)
            axes.axvline(medians[name], color=colour, lw=1, ls=(0, (2, 2)))
        if logarithmic:
            axes.set_xscale("log")
        axes.set(xlabel=f"score ({score_name})", ylabel="share of its group", ylim=(0, None), xlim=(low, high))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    legend = [
        legend_entry(name, colour, f"{int(groups[name].sum()):,}")
        for name, colour in zip(groups, colours, strict=False)
    ]
    caption = (
        "Each group sums to 100 %; dashed: its median. The further apart the groups, the better they are told apart."
    )
    return Picture(title, chart.svg, caption, legend)


def _labels(side: ScoredSide) -> dict[str, np.ndarray]:
    clicked, purchased = side.column("clicked"), side.column("purchased")
    return {
        "not clicked": clicked == 0,
        "clicked, not purchased": (clicked == 1) & (purchased != 1),
        "purchased": purchased == 1,
    }


def _grades(side: ScoredSide) -> dict[str, np.ndarray]:
    """Impressions by grade; many grades are joined to thirds."""
    relevance = side.column("relevance")
    grades = np.unique(relevance[~np.isnan(relevance)])
    if len(grades) <= GRADES:
        return {f"relevance {grade:g}": relevance == grade for grade in grades}
    lower, upper = np.nanquantile(relevance, [1 / 3, 2 / 3])
    return {
        f"relevance to {lower:g}": relevance <= lower,
        f"to {upper:g}": (relevance > lower) & (relevance <= upper),
        "above": relevance > upper,
    }


def _seen(axes: Axes, x: np.ndarray, rates: Rates, colour: str | None = None) -> None:
    colour = colour or colour_of(0)
    axes.vlines(x, rates.low, rates.high, color=colour, lw=1.2, alpha=0.7)
    axes.plot(x, rates.seen, color=colour, lw=1.6, marker="o", ms=4)


def _percent(axes: Axes, which: str, end: float) -> None:
    formatter = PercentFormatter(1.0, decimals=0 if end > 0.1 else 1 if end > 0.01 else 2)
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which in (name, "both"):
            axis.set_major_formatter(formatter)
