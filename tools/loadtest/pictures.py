"""Latency over the rate, drawn."""

from matplotlib.ticker import LogLocator, NullLocator

from tools.loadtest.figures import PERCENTILES, Loaded, RateFigures
from trainer.evaluation.drawing import INK, MUTED, Picture, canvas, colour_of, legend_entry

BY_SIZE = ("p50", "p99")


def latency_by_rate(found: Loaded) -> Picture:
    """Every percentile of all requests over the rate."""
    lines = {
        name: [(rate.rate, rate.all.latency_ms[name]) for rate in _rising(found) if rate.all.latency_ms is not None]
        for name in PERCENTILES
    }
    caption = "All list sizes together, from when a request was due. Dashed: the deadline."
    return _drawn("Latency by rate", "rate", lines, found, caption)


def latency_by_size(found: Loaded) -> list[Picture]:
    """The median and the 99th percentile of each list size over the rate; none where there is one size only."""
    if len(found.sizes()) < 2:
        return []
    pictures = []
    for name in BY_SIZE:
        lines = {
            f"{size} candidates": [
                (rate.rate, latency[name])
                for rate in _rising(found)
                if size in rate.sizes and (latency := rate.sizes[size].latency_ms) is not None
            ]
            for size in found.sizes()
        }
        title = f"{name} by rate and list size"
        pictures.append(
            _drawn(title, name, lines, found, "Each line is one length of candidate list. Dashed: the deadline.")
        )
    return pictures


def _rising(found: Loaded) -> list[RateFigures]:
    return sorted(found.rates, key=lambda rate: rate.rate)


def _drawn(title: str, name: str, lines: dict[str, list[tuple[float, float]]], found: Loaded, caption: str) -> Picture:
    deadline = found.setting["deadline_s"] * 1000
    legend = []
    with canvas(f"latency-{name}", f"{title}, milliseconds over requests a second") as drawn:
        axes = drawn.axes
        for number, (label, points) in enumerate(lines.items()):
            if not points:
                continue
            rates, values = zip(*points, strict=True)
            axes.plot(rates, values, "o-", color=colour_of(number), ms=4)
            legend.append(legend_entry(label, colour_of(number), f"{max(values):.1f} ms at most"))
        axes.axhline(deadline, color=MUTED, lw=1, ls="--")
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("requests a second")
        axes.set_ylabel("milliseconds", color=INK)
        axes.set_xlim(left=0)
    return Picture(title, drawn.svg, caption, legend)
