"""What robustness sets showed, as a table on the console."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.robustness import PREFIX

SHOWN = {"judged.pair_accuracy": "judged pair accuracy", "judged.ndcg": "judged NDCG", "gauc": "GAUC", "ndcg": "NDCG"}


def robustness_rows(
    rankers: dict[str, dict[str, float]],
) -> Iterator[tuple[str, str, dict[str, tuple[float, float]]]]:
    """Set by set and ranker by ranker: the metric on rewritten queries and what was lost, by metric.

    Args:
        rankers: metrics by name, the model first.

    Yields:
        Name of the set, of the ranker, and by the metric's key without prefix: its value and its drop.
    """
    model = next(iter(rankers.values()))
    sets = dict.fromkeys(key.split(".")[1] for key in model if key.startswith(f"{PREFIX}."))
    for name in sets:
        prefix = f"{PREFIX}.{name}."
        for ranker, metrics in rankers.items():
            drops = [key for key in metrics if key.startswith(prefix) and key.endswith(".drop")]
            found = {key.removeprefix(prefix).removesuffix(".drop"): key for key in drops}
            figures = {short: (metrics[key.removesuffix(".drop")], metrics[key]) for short, key in found.items()}
            if figures:
                yield name, ranker, {k: v for k, v in figures.items() if k.partition("@")[0] in SHOWN}


def show_robustness(result: Evaluation, console: Console) -> None:
    """Print the metrics on rewritten queries, below each what was lost against the queries as they were.

    Args:
        result: an evaluation; nothing is printed where it has no robustness set.
        console: where to.
    """
    rows = list(robustness_rows(result.rankers))
    if not rows:
        return
    keys = sorted({key for _, _, found in rows for key in found}, key=lambda key: list(SHOWN).index(_short(key)))
    table = Table()
    table.add_column("queries with")
    table.add_column("ranker")
    for key in keys:
        cut = key.partition("@")[2]
        table.add_column(SHOWN[_short(key)] + (f"@{cut}" if cut else ""), justify="right")
    for name, ranker, found in rows:
        cells = []
        for key in keys:
            whole = f"{PREFIX}.{name}.{key}.drop"
            metrics = result.rankers[ranker]
            ends = f"\n[dim]{_loss(metrics[f'{whole}.low'])} to {_loss(metrics[f'{whole}.high'])}[/dim]"
            value, drop = found[key]
            cells.append(f"{value:.4f}  {_loss(drop)}" + (ends if f"{whole}.low" in metrics else ""))
        table.add_row(escape(name), escape(ranker), *cells)
    console.print(table)
    console.print(
        "each figure is on rewritten queries; beside it its change against the queries as they were", highlight=False
    )


def _short(key: str) -> str:
    return key.partition("@")[0]


def _loss(drop: float) -> str:
    """A drop as the change that it is."""
    return f"{-drop:+.4f}"
