"""Figures of lists as tables on the console."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.evaluation.list_figures import ListFigures
from trainer.evaluation.list_sweep import TradeOff
from trainer.metrics.bootstrap import Difference

ORDER = {"recall": "recall", "hit_rate": "hit rate", "ndcg": "NDCG", "mrr": "MRR", "truth.ndcg": "true NDCG"}
VARIETY = {"diversity": "diversity", "novelty": "novelty", "coverage": "coverage", "new_items": "new items"}
AHEAD = ("search", "recommend", "union.search")
"""Whose lead is shown; the file has that of others, too."""


def show_lists(figures: ListFigures, split: str, console: Console) -> None:
    """Print what each list finds and how varied it is, and what the compared ones have ahead of the others.

    Args:
        figures: what was measured.
        split: of which pages.
        console: where to.
    """
    title = f"{split}: lists for {figures.pages:,} pages with a click, {figures.queries:,} queries"
    console.print(_reached(figures, ORDER, title))
    console.print(_reached(figures, VARIETY, "what is in the lists"))
    truth = [key for key in _keys(figures, ORDER) if key.startswith("truth.")]
    for key in (f"recall@{figures.k}", *truth):
        console.print(_ahead(figures, key))
    console.print("below each figure its 95 % interval over queries, where it was drawn", highlight=False)
    for note in figures.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True, highlight=False)


def show_trade_off(found: TradeOff, console: Console) -> None:
    """Print what each weight of the scores gives and costs.

    Args:
        found: what was measured.
        console: where to.
    """
    table = Table(title=f"recommend with lists.diversity.method={found.method}", title_justify="left")
    table.add_column("weight")
    for key in (found.diversity, found.ndcg):
        table.add_column(f"{key},\nratio to none ({found.plain[key]:.4f})", justify="right")
    for weight, ratios in found.ratios.items():
        table.add_row(f"{weight:g}", *(_difference(ratios[key], "") for key in (found.diversity, found.ndcg)))
    console.print(table)


def _reached(figures: ListFigures, names: Mapping[str, str], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("list", no_wrap=True)
    keys = _keys(figures, names)
    for key in keys:
        short, _, cut = key.partition("@")
        table.add_column(f"{names[short]}\n@{cut}", justify="right")
    for name, metrics in figures.lists.items():
        table.add_row(escape(name), *(_cell(metrics, key) for key in keys))
    return table


def _keys(figures: ListFigures, names: Mapping[str, str]) -> list[str]:
    """The metrics of those names that at least one list has."""
    found = dict.fromkeys(key for metrics in figures.lists.values() for key in metrics if _is_value(key))
    return [key for short in names for key in found if key.partition("@")[0] == short]


def _ahead(figures: ListFigures, key: str) -> Table:
    short, _, cut = key.partition("@")
    table = Table(title=f"{ORDER[short]}@{cut}: column minus row", title_justify="left")
    table.add_column("", no_wrap=True)
    compared = [name for name in AHEAD if name in figures.differences]
    for name in compared:
        table.add_column(escape(name), justify="right")
    for other in figures.lists:
        given = [figures.differences[name].get(other, {}).get(key) for name in compared]
        table.add_row(escape(other), *("" if one is None else _difference(one, "+") for one in given))
    return table


def _is_value(key: str) -> bool:
    return not key.endswith((".low", ".high"))


def _cell(metrics: dict[str, float], key: str) -> str:
    if key not in metrics:
        return "-"
    low, high = metrics.get(f"{key}.low"), metrics.get(f"{key}.high")
    ends = "" if low is None or high is None else f"\n[dim]{low:.3f} to {high:.3f}[/dim]"
    return f"{metrics[key]:.4f}{ends}"


def _difference(given: Difference, sign: str) -> str:
    ends = "" if given.low is None else f"\n[dim]{given.low:{sign}.3f} to {given.high:{sign}.3f}[/dim]"
    return f"{given.difference:{sign}.4f}{ends}"
