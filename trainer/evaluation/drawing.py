"""Charts as inline SVG whose colours follow the page, light or dark."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, GRID, FACE, GOOD, BAD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
SERIES = tuple(f"#1{n}0000" for n in range(8))
# Matplotlib knows no CSS variables, so each colour stands in for one and is exchanged in the finished SVG.
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", FACE: "card", GOOD: "good", BAD: "bad"} | {
    colour: f"s{n}" for n, colour in enumerate(SERIES)
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
}
SIZE, NARROW = (4.6, 3.2), (3.4, 2.6)


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend: what, in which colour (a CSS variable), with which figure."""

    label: str
    colour: str
    value: str = ""


@dataclass(frozen=True)
class Picture:
    """A chart as it stands in the report.

    Attributes:
        title: of the chart.
        svg: markup for inside an HTML page; empty where there is nothing to draw.
        caption: how to read it, or why it is absent.
        legend: drawn as HTML beside it.
    """

    title: str
    svg: str
    caption: str
    legend: list[LegendEntry] = field(default_factory=list)


@dataclass
class Canvas:
    """A figure with one pair of axes; ``svg`` holds the markup once drawing has ended."""

    axes: Axes
    svg: str = ""


@contextmanager
def canvas(name: str, alt: str, size: tuple[float, float] = SIZE) -> Iterator[Canvas]:
    """Axes to draw on.

    Args:
        name: unique on the page; ids inside the SVG begin with it.
        alt: what the chart shows, for those who do not see it.
        size: width and height in inches.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        drawn = Canvas(figure.add_subplot())
        yield drawn
        drawn.svg = _inline(figure, name, alt)


def colour_of(index: int) -> str:
    """The colour of the n-th ranker; the palette repeats."""
    return SERIES[index % len(SERIES)]


def legend_entry(label: str, colour: str, value: str = "") -> LegendEntry:
    """A legend entry for something drawn in one of the colours above."""
    return LegendEntry(label, VARIABLES[colour], value)


def absent(title: str, why: str) -> Picture:
    """A picture that can't be drawn, and why."""
    return Picture(title, "", f"Not drawn: {why}.")


def slug(title: str) -> str:
    """A title as an id."""
    return "".join(c if c.isalnum() else "-" for c in title.lower()).strip("-")


def _inline(figure: Figure, name: str, alt: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'(?<=\bid=")|(?<=url\(#)|(?<=href="#)', f"{name}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    svg = re.sub(r"<style.*?</style>| font-family:[^;]*;", "", svg, flags=re.S)
    # Coordinates need no more than two decimals; the text of an element, which follows > or a minus, keeps all.
    svg = re.sub(r"(?<![>−\d.])(\d+\.\d{2})\d{3,}", r"\1", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    escaped = alt.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    opening = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{escaped}" {box.group()}>'  # type: ignore[union-attr]
    return re.sub(r"<svg[^>]*>", lambda _: f"{opening}<title>{escaped}</title>", svg, count=1)
