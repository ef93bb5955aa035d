"""A forest plot of a study: differences from the reference with their intervals."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tools.study.comparison import Compared, compare
from tools.study.config import MetricConfig
from tools.study.finished import FinishedStudy
from trainer.written import replacing

SEEDS, QUERIES, INK = "#1f4e79", "#9cc3e6", "#333333"
# Without a salt the ids in the file would differ from one drawing to the next.
STYLE = {"svg.hashsalt": "shelfrank", "svg.fonttype": "none", "font.size": 9, "axes.titlelocation": "left"}


def draw(finished: FinishedStudy, path: Path) -> None:
    """Draw every metric that was computed from rankings: a panel each, a line a variant.

    Args:
        finished: the runs.
        path: the SVG file to write.
    """
    study = finished.study
    metrics = [metric for metric in study.metrics if not metric.key.startswith("run.")]
    panels = [(metric, [row for row in compare(finished, metric) if row.difference is not None]) for metric in metrics]
    names = [name for name, runs in finished.by_variant.items() if runs and name != study.reference]
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(
            figsize=(1.6 + 3.0 * len(panels), 1.2 + 0.4 * len(names)), layout="constrained", facecolor="white"
        )
        FigureCanvasSVG(figure)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axis, (metric, rows) in zip(axes, panels, strict=True):
            _panel(axis, metric, rows, names)
        figure.supxlabel(
            f"difference from {study.reference}; line: other seeds, band: other queries, each 95 %",
            fontsize=8,
            color=INK,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            figure.savefig(beside, metadata={"Date": None})


def _panel(axis: mpl.axes.Axes, metric: MetricConfig, rows: list[Compared], names: list[str]) -> None:
    axis.axvline(0.0, color=INK, lw=0.8)
    for row in rows:
        assert row.difference is not None
        place = names.index(row.variant)
        if row.over_queries is not None:
            axis.plot(row.over_queries, (place, place), color=QUERIES, lw=7, solid_capstyle="butt")
        if row.difference.low is not None and row.difference.high is not None:
            axis.plot((row.difference.low, row.difference.high), (place, place), color=SEEDS, lw=1.2)
        axis.plot(row.difference.mean, place, "o", color=SEEDS, ms=4.5)
    axis.set_title(metric.title, fontsize=9)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.locator_params(axis="x", nbins=5)
    axis.grid(axis="x", color="#dddddd", lw=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
