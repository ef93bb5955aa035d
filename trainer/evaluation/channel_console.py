"""What channels find, as a table on the console."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.evaluation.channels import UNION, ChannelFigures

NAMES = {
    "recall": "recall",
    "hit_rate": "hit rate",
    "answered": "answered",
    "coverage": "coverage",
    "diversity": "diversity",
    "novelty": "novelty, bits",
    "new_items": "new items",
}


def show_channels(figures: ChannelFigures, console: Console) -> None:
    """Print a row for each channel, the union and each baseline, and below it what the union has ahead of the others.

    Args:
        figures: what was measured.
        console: where to.
    """
    shown = [key for short in NAMES for key in _keys(figures, short)]
    title = f"lists of {figures.k} for {figures.pages:,} pages with a click, {figures.queries:,} queries"
    table = Table(title=title, title_justify="left")
    table.add_column("list")
    for key in shown:
        short, _, cut = key.partition("@")
        table.add_column(NAMES[short] + (f"@{cut}" if cut else ""), justify="right")
    table.add_column(f"union ahead, recall@{figures.k}", justify="right")
    for name, metrics in figures.lists.items():
        label = f"{name}\n[dim]baseline[/dim]" if name in figures.baselines else escape(name)
        table.add_row(label, *(_cell(metrics, key) for key in shown), _ahead(figures, name))
    console.print(table)
    if figures.quotas:
        order = ", then ".join(f"{quota} of {name}" for name, quota in figures.quotas.items())
        console.print(
            f"{UNION}: {order}, without repeats; what is left is filled in the same order",
            soft_wrap=True,
            highlight=False,
        )


def _keys(figures: ChannelFigures, short: str) -> list[str]:
    """The metrics of that name that at least one list has."""
    found = (key for metrics in figures.lists.values() for key in metrics if key.partition("@")[0] == short)
    return [key for key in dict.fromkeys(found) if not key.endswith((".low", ".high"))]


def _cell(metrics: dict[str, float], key: str) -> str:
    if key not in metrics:
        return "-"
    low, high = metrics.get(f"{key}.low"), metrics.get(f"{key}.high")
    ends = "" if low is None or high is None else f"\n[dim]{low:.3f} to {high:.3f}[/dim]"
    return f"{metrics[key]:.4f}{ends}"


def _ahead(figures: ChannelFigures, name: str) -> str:
    found = figures.differences.get(name, {}).get(f"recall@{figures.k}")
    if found is None:
        return ""
    ends = "" if found.low is None else f"\n[dim]{found.low:+.3f} to {found.high:+.3f}[/dim]"
    return f"{found.difference:+.4f}{ends}"
