"""A comparison of two sides as tables for people."""

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.shadow.agreement import OUTPUTS
from tools.shadow.result import LATENCY, Shadowed


def show(found: Shadowed, shown: int, console: Console) -> None:
    """Print a comparison.

    Args:
        found: the comparison.
        shown: how many of the pages that differ most; 0 for none.
        console: where to.
    """
    _show_sides(found, console)
    _show_agreement(found, console)
    if shown:
        _show_pages(found, shown, console)


def _show_sides(found: Shadowed, console: Console) -> None:
    table = Table(title=f"{len(found.answers[0].pages):,} pages: {escape(found.source)}", title_justify="left")
    table.add_column("")
    table.add_column("side", overflow="fold")
    table.add_column("version", justify="right")
    for name in LATENCY:
        table.add_column(f"{name} ms", justify="right")
    table.add_column("not answered")
    for number, name in enumerate("AB"):
        answers, latency = found.answers[number], found.latency_ms(number)
        codes = ", ".join(f"{code} {count:,}" for code, count in Counter(answers.codes.values()).items())
        figures = [f"{latency[p]:.1f}" if latency else "-" for p in LATENCY]
        table.add_row(
            name, escape(found.sides[number].name), ", ".join(map(str, answers.versions())), *figures, codes or "0"
        )
    console.print(table)
    for number, name in enumerate("AB"):
        if found.answers[number].errors:
            page, message = next(iter(found.answers[number].errors.items()))
            console.print(f"{name}, first at page {page + 1}: {message}", soft_wrap=True, markup=False)


def _show_agreement(found: Shadowed, console: Console) -> None:
    agreement = found.agreement
    pages = agreement.pages
    table = Table(
        title=f"agreement on {len(pages):,} pages, {pages['candidates'].sum():,} candidates", title_justify="left"
    )
    table.add_column("figure")
    table.add_column("mean", justify="right")
    table.add_column("worst", justify="right")
    table.add_row("Kendall tau", f"{agreement.tau:.4f}", f"{pages['tau'].min():.4f}")
    table.add_row(f"overlap of the first {agreement.k}", f"{agreement.overlap:.4f}", f"{pages['overlap'].min():.4f}")
    for name in OUTPUTS:
        mean, most = agreement.drift[name]
        table.add_row(f"difference of {name}", f"{mean:.3g}", f"{most:.3g}")
    console.print(table)
    table = Table(title="scores", title_justify="left")
    for name in ("quantile", "A", "B", "B less A"):
        table.add_column(name, justify="right")
    for quantile, (a, b) in agreement.quantiles.items():
        table.add_row(f"{quantile:.0%}", f"{a:.4g}", f"{b:.4g}", f"{b - a:+.3g}")
    console.print(table)
    if agreement.known_apart:
        console.print(f"{agreement.known_apart:,} candidates are in the item table of one side only.")


def _show_pages(found: Shadowed, shown: int, console: Console) -> None:
    table = Table(title="pages that differ most", title_justify="left")
    table.add_column("page", justify="right")
    table.add_column("query", overflow="fold")
    for name in ("items", "tau", "overlap", "max diff."):
        table.add_column(name, justify="right")
    table.add_column("first of A")
    table.add_column("first of B")
    for number, row in found.agreement.most_different(shown).iterrows():
        table.add_row(
            str(int(str(number)) + 1),
            escape(row["query"]),
            f"{row['candidates']:,}",
            f"{row['tau']:.3f}",
            f"{row['overlap']:.2f}",
            f"{row['max_drift']:.3g}",
            escape(f"{row['first_a']} (B: {row['place_b']})"),
            escape(f"{row['first_b']} (A: {row['place_a']})"),
        )
    console.print(table)
