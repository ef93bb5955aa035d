"""Gaps of slices to the rest, as a forest plot."""

from collections.abc import Sequence

from trainer.evaluation.drawing import BAD, FACE, GOOD, INK, MUTED, SIZE, Picture, canvas
from trainer.evaluation.report_tables import metric_name
from trainer.evaluation.slice_console import TITLES
from trainer.evaluation.slice_metrics import AHEAD, BEHIND, Slice

DRAWN = {"log": "gauc", "judged": "judged.pair_accuracy"}
COLOURS = {AHEAD: GOOD, BEHIND: BAD, "": MUTED}


def slice_pictures(slices: Sequence[Slice]) -> list[Picture]:
    """One picture a source: the gap of each slice to the rest in GAUC, or in judged pair accuracy.

    Args:
        slices: what was measured.
    """
    return [picture for source in DRAWN if (picture := _forest(source, slices)) is not None]


def _forest(source: str, slices: Sequence[Slice]) -> Picture | None:
    metric = DRAWN[source]
    rows = [
        (one, figure)
        for one in slices
        if one.source == source and (figure := one.figures.get(metric)) is not None and figure.gap is not None
    ]
    if not rows:
        return None
    name = metric_name(metric, "")[0]
    title = f"{TITLES[source]}: {name}, slice less the rest"
    alt = f"{title}: " + "; ".join(
        f"{one.label} {f.gap:+.4f}" + ("" if f.gap_low is None else f" ({f.gap_low:+.4f} to {f.gap_high:+.4f})")
        for one, f in rows
    )
    with canvas(f"slices-{source}", alt, (SIZE[0], 0.8 + 0.27 * len(rows))) as chart:
        axes = chart.axes
        axes.axvline(0, color=MUTED, lw=1)
        for row, (_, figure) in enumerate(rows):
            colour = COLOURS[figure.flag]
            if figure.gap_low is not None and figure.gap_high is not None:
                axes.hlines(row, figure.gap_low, figure.gap_high, color=colour, lw=2.4)
            axes.scatter([figure.gap or 0.0], [row], color=colour, s=42, zorder=3, edgecolor=FACE, linewidth=1.2)
        for row in range(1, len(rows)):
            if rows[row][0].by != rows[row - 1][0].by:
                axes.axhline(row - 0.5, color=MUTED, lw=0.5, ls=":")
        axes.set_yticks(range(len(rows)), [f"{one.label} ({one.queries:,})" for one, _ in rows], color=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    return Picture(title, chart.svg, "In brackets the queries; lines are 95 % intervals over queries.")
