"""Pictures of lists: what each reaches, and what diversity costs."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from trainer.evaluation.list_figures import ListFigures
from trainer.evaluation.list_sweep import TradeOff
from trainer.written import replacing

SHOWN, UNION, CHANNEL, BASELINE, INK = "#1f4e79", "#4f8fc0", "#9cc3e6", "#bbbbbb", "#333333"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "shelfrank",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_lists(figures: ListFigures, split: str, path: Path) -> Path:
    """Bars with intervals: recall and NDCG of each list, and by the truth where there is one.

    Args:
        figures: what was measured.
        split: of which pages.
        path: the SVG file to write.
    """
    keys = [f"recall@{figures.k}", f"ndcg@{figures.k}"]
    keys += [
        k for k in next(iter(figures.lists.values())) if k.startswith("truth.") and not k.endswith((".low", ".high"))
    ]
    names = list(figures.lists)
    with mpl.rc_context(STYLE):
        figure = _figure(2.0 + 2.6 * len(keys), 0.9 + 0.26 * len(names))
        for axis, key in zip(figure.subplots(1, len(keys), sharey=True, squeeze=False)[0], keys, strict=True):
            for place, name in enumerate(names):
                metrics = figures.lists[name]
                if key not in metrics:
                    continue
                axis.barh(place, metrics[key], color=_colour(name), height=0.7)
                if f"{key}.low" in metrics:
                    axis.plot((metrics[f"{key}.low"], metrics[f"{key}.high"]), (place, place), color=INK, lw=1)
            axis.set_title(key, fontsize=9)
            axis.set_yticks(range(len(names)), names)
            axis.set_ylim(len(names) - 0.4, -0.6)
            axis.grid(axis="x", color="#dddddd", lw=0.6)
        figure.supxlabel(f"{split}, {figures.pages:,} pages; lines: 95 % over queries", fontsize=8, color=INK)
        return _write(figure, path)


def draw_trade_off(found: TradeOff, path: Path) -> Path:
    """NDCG against diversity, each as a share of what lists without diversification have; a point a weight.

    Args:
        found: what was measured.
        path: the SVG file to write.
    """
    points = {1.0: (1.0, 1.0)} | {
        weight: (ratios[found.diversity].difference, ratios[found.ndcg].difference)
        for weight, ratios in found.ratios.items()
    }
    ordered = sorted(points.items(), reverse=True)
    with mpl.rc_context(STYLE):
        figure = _figure(4.6, 3.2)
        axis = figure.subplots()
        axis.plot(*zip(*(place for _, place in ordered), strict=True), "o-", color=SHOWN, ms=4, lw=1.2)
        for weight, place in ordered:
            axis.annotate(f"{weight:g}", place, textcoords="offset points", xytext=(4, 4), fontsize=8, color=INK)
        for weight, ratios in found.ratios.items():
            given = ratios[found.ndcg]
            if given.low is not None and given.high is not None:
                axis.plot((points[weight][0],) * 2, (given.low, given.high), color=CHANNEL, lw=2, zorder=0)
        axis.grid(color="#dddddd", lw=0.6)
        axis.set(xlabel=f"{found.diversity}, ratio", ylabel=f"{found.ndcg}, ratio")
        axis.set_title(f"recommend, {found.method}: weight of the scores at each point", fontsize=9)
        return _write(figure, path)


def _colour(name: str) -> str:
    first = name.partition(".")[0]
    return {"union": UNION, "channel": CHANNEL, "bm25": BASELINE, "memory_then_bm25": BASELINE}.get(first, SHOWN)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasSVG(figure)
    return figure


def _write(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        figure.savefig(beside, format="svg", metadata={"Date": None})
    return path
