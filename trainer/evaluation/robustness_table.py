"""What robustness sets showed, as a table on the console."""

from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.robustness import PREFIX

SHOWN = {"judged.pair_accuracy": "judged pair accuracy", "judged.ndcg": "judged NDCG", "gauc": "GAUC", "ndcg": "NDCG"}
SETS = {
    "typo": "slips of the keyboard",
    "phonetic": "words spelt as they sound",
    "synonym": "synonyms",
    "word_order": "words exchanged",
    "noise": "character noise",
}


@dataclass(frozen=True)
class Figure:
    """A metric on rewritten queries.

    Attributes:
        value: on the rewritten queries.
        change: it less the metric on the queries as they were; negative where something is lost.
        low: lower end of the change's 95 % interval, None without one.
        high: its upper end.
    """

    value: float
    change: float
    low: float | None = None
    high: float | None = None


def robustness_figures(rankers: dict[str, dict[str, float]]) -> dict[tuple[str, str], dict[str, Figure]]:
    """The metrics of order on rewritten queries, by set and ranker, by the metric's name for people.

    Args:
        rankers: metrics by name, the model first.
    """
    model = next(iter(rankers.values()))
    sets = dict.fromkeys(key.split(".")[1] for key in model if key.startswith(f"{PREFIX}."))
    found: dict[tuple[str, str], dict[str, Figure]] = {}
    for name in sets:
        for ranker, metrics in rankers.items():
            figures = {}
            for key in [key for key in metrics if key.startswith(f"{PREFIX}.{name}.") and key.endswith(".drop")]:
                metric, _, cut = key.removeprefix(f"{PREFIX}.{name}.").removesuffix(".drop").partition("@")
                if metric in SHOWN:
                    low, high = metrics.get(f"{key}.high"), metrics.get(f"{key}.low")
                    ends = (None, None) if low is None or high is None else (0.0 - low, 0.0 - high)
                    label = SHOWN[metric] + (f"@{cut}" if cut else "")
                    figures[label] = Figure(metrics[key.removesuffix(".drop")], 0.0 - metrics[key], *ends)
            if figures:
                found[name, ranker] = figures
    return found


def metrics_shown(figures: dict[tuple[str, str], dict[str, Figure]]) -> list[str]:
    """The metrics of some figures, those of judgments first."""
    labels = list(SHOWN.values())
    return sorted(
        {label for found in figures.values() for label in found}, key=lambda n: labels.index(n.partition("@")[0])
    )


def show_robustness(result: Evaluation, console: Console) -> None:
    """Print the metrics on rewritten queries with their change against the queries as they were.

    Args:
        result: an evaluation; nothing is printed where it has no robustness set.
        console: where to.
    """
    figures = robustness_figures(result.rankers)
    if not figures:
        return
    table = Table()
    table.add_column("queries with")
    table.add_column("ranker")
    labels = metrics_shown(figures)
    for label in labels:
        table.add_column(label, justify="right")
    for (name, ranker), found in figures.items():
        cells = [_cell(found[label]) if label in found else "-" for label in labels]
        table.add_row(escape(SETS.get(name, name)), escape(ranker), *cells)
    console.print(table)
    console.print(
        "robustness: each figure on rewritten queries, beside it its change against the queries as they were",
        soft_wrap=True,
        highlight=False,
    )


def _cell(figure: Figure) -> str:
    ends = "" if figure.low is None else f"\n[dim]{figure.low:+.4f} to {figure.high:+.4f}[/dim]"
    return f"{figure.value:.4f}  {figure.change:+.4f}{ends}"
