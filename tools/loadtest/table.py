"""The figures of a load as a table for people."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.loadtest.figures import LAG_MS, PERCENTILES, Figures, Loaded
from tools.loadtest.open_loop import OK

LATE_SHARE = 0.01
TOO_SLOW = (
    "{rate:g} requests/s: {late:.1%} of the requests left more than {lag:g} ms late (p99 {p99:.0f} ms). Their latency counts "
    "from when they were due; if the server is not at its limit, this machine is: send from several, or at a lower rate."
)


def show(found: Loaded, console: Console) -> None:
    """Print a load: a row for each rate, and one for each list size below it."""
    setting = found.setting
    title = f"{setting['model']} at {setting['target']}, version {setting['model_version']}: {setting['pages']}"
    table = Table(title=escape(title), title_justify="left")
    for name in ("rate/s", "list", "answered/s", "requests", *PERCENTILES, "errors", "degraded"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("codes")
    for rate in found.rates:
        table.add_row(f"{rate.rate:g}", "all", f"{rate.achieved:.1f}", *cells(rate.all))
        if len(rate.sizes) > 1:
            for size, figures in rate.sizes.items():
                table.add_row("", size, "", *cells(figures), style="dim")
    console.print(table)
    console.print("Milliseconds from when a request was due to its page or error.")
    for note in notes(found):
        console.print(note, soft_wrap=True)


def cells(figures: Figures) -> list[str]:
    """The figures of one row, from the number of requests on."""
    latency = figures.latency_ms
    shown = ["-" if latency is None else f"{latency[name]:.1f}" for name in PERCENTILES]
    codes = ", ".join(f"{code} {count:,}" for code, count in figures.codes.items() if code != OK)
    return [f"{figures.requests:,}", *shown, f"{figures.errors:.2%}", f"{figures.degraded:.2%}", codes]


def notes(found: Loaded) -> list[str]:
    """What a reader must know of the figures: where requests left late."""
    return [
        TOO_SLOW.format(rate=rate.rate, late=rate.late, lag=LAG_MS, p99=rate.lag_ms["p99"])
        for rate in found.rates
        if rate.late > LATE_SHARE and rate.lag_ms is not None
    ]
