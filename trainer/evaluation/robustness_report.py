"""What robustness sets showed, as a table and a picture of a report."""

from dataclasses import dataclass

from trainer.evaluation.drawing import INK, MUTED, Picture, canvas, colour_of, legend_entry
from trainer.evaluation.report_data import ReportData
from trainer.evaluation.report_tables import Cell, Table
from trainer.evaluation.robustness_table import SETS, Figure, metrics_shown, robustness_figures


@dataclass(frozen=True)
class RobustnessPart:
    """The part of a report on rewritten queries."""

    table: Table
    picture: Picture


def robustness_part(data: ReportData) -> RobustnessPart | None:
    """The table of all figures and the picture of what is lost in the first metric; None without robustness sets.

    Args:
        data: the evaluated run.
    """
    figures = robustness_figures(data.rankers)
    if not figures:
        return None
    labels = metrics_shown(figures)
    rows = [
        (f"{SETS.get(name, name)}, {ranker}", [_cell(found[n]) if n in found else Cell("–") for n in labels])
        for (name, ranker), found in figures.items()
    ]
    changes = {key: found[labels[0]] for key, found in figures.items() if labels[0] in found}
    return RobustnessPart(Table([(label, "") for label in labels], rows), _picture(data, labels[0], changes))


def _picture(data: ReportData, label: str, changes: dict[tuple[str, str], Figure]) -> Picture:
    sets = list(dict.fromkeys(name for name, _ in changes))
    rankers = [ranker for ranker in data.rankers if any(of == ranker for _, of in changes)]
    title = f"Change of {label}"
    alt = f"{title}: " + "; ".join(f"{SETS.get(name, name)}, {of} {f.change:+.4f}" for (name, of), f in changes.items())
    step = 0.6 / len(rankers)
    with canvas("robustness", alt, (4.6, 0.8 + 0.5 * len(sets))) as chart:
        axes = chart.axes
        axes.axvline(0, color=MUTED, lw=1)
        for (name, ranker), figure in changes.items():
            place = rankers.index(ranker)
            row = sets.index(name) + (place - (len(rankers) - 1) / 2) * step
            colour = colour_of(list(data.rankers).index(ranker))
            if figure.low is not None and figure.high is not None:
                axes.hlines(row, figure.low, figure.high, color=colour, lw=1.8)
            axes.scatter([figure.change], [row], color=colour, s=34 if place == 0 else 22, zorder=3)
        axes.set_yticks(range(len(sets)), [SETS.get(name, name) for name in sets], color=INK)
        axes.set_ylim(len(sets) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    legend = [legend_entry(ranker, colour_of(list(data.rankers).index(ranker))) for ranker in rankers]
    return Picture(title, chart.svg, "Against the queries as they were, with 95 % intervals over queries.", legend)


def _cell(figure: Figure) -> Cell:
    change = f"{figure.change:+.3f}"
    if figure.low is None or figure.high is None:
        return Cell(f"{figure.value:.4f}", change.replace("-", "−"))
    state = "good" if figure.low > 0 else "bad" if figure.high < 0 else ""
    ends = f"{change} ({figure.low:+.3f} to {figure.high:+.3f})"
    return Cell(f"{figure.value:.4f}", ends.replace("-", "−"), state)
