"""``shelfrank loadtest``."""

from pathlib import Path
from typing import Annotated

import typer


def loadtest(
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Of --config.")] = None,
    target: Annotated[str, typer.Option(help="host:port of the server.")] = "127.0.0.1:8500",
    model: Annotated[str, typer.Option(help="The model's name.")] = "shelfrank",
    rate: Annotated[list[float] | None, typer.Option(help="Requests a second; repeatable.")] = None,
    duration: Annotated[float, typer.Option(help="Seconds that count, of each rate.")] = 30.0,
    warm: Annotated[float, typer.Option(help="Seconds before them that do not.")] = 5.0,
    arrivals: Annotated[str, typer.Option(help="poisson or uniform.")] = "poisson",
    mix: Annotated[str | None, typer.Option(help="List sizes and their shares, such as 24:0.7,100:0.3.")] = None,
    list_sizes: Annotated[
        str | None, typer.Option(help="Lengths that candidate lists are filled up to, such as 24,48,100.")
    ] = None,
    history_length: Annotated[
        int | None, typer.Option(help="Length that histories, and other sequences, are cut or filled up to.")
    ] = None,
    pages: Annotated[Path | None, typer.Option(help="Recorded pages, JSON lines.")] = None,
    config: Annotated[Path | None, typer.Option(help="An experiment, whose test pages are sent.")] = None,
    items: Annotated[Path | None, typer.Option(help="A table of items to make pages from.")] = None,
    queries: Annotated[Path | None, typer.Option(help="Queries of made pages.")] = None,
    deadline: Annotated[float, typer.Option(help="Seconds of a request.")] = 0.15,
    fallback: Annotated[bool, typer.Option("--fallback", help="Fall back to the caller's order.")] = False,
    seed: Annotated[int, typer.Option(help="Of arrivals, sizes and made pages.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the figures there.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures there.")] = None,
    fail_above_p99: Annotated[
        float | None, typer.Option(metavar="MS", min=0, help="Exit code 1 where the p99 of a rate is above.")
    ] = None,
    fail_errors: Annotated[
        float | None,
        typer.Option(metavar="SHARE", min=0, max=1, help="Exit code 1 where a larger share has no answer."),
    ] = None,
) -> None:
    """Send pages at given rates, whatever the server does, and measure the answers."""
    from rich.console import Console

    from tools.loadtest.gates import missed
    from tools.loadtest.page import page_of
    from tools.loadtest.run import Load, run_load
    from tools.loadtest.table import show
    from tools.pages_to_send import Lengths, Source, read_pages
    from tools.written import check_place, write_json, write_text

    check_place(json, "--json")
    check_place(html, "--html")
    lengths = Lengths.of(list_sizes, history_length)
    load = Load(target, model, rate or [20.0], duration, warm, deadline, fallback, arrivals, mix, seed, lengths)
    console = Console()
    found = run_load(load, read_pages(Source(pages, config, items, queries, overrides or ()), seed), console)
    show(found, console)
    if json is not None:
        write_json(json, found.as_dict(), "--json")
    if html is not None:
        write_text(html, page_of(found), "--html")
    failures = missed(list(found.rates), fail_above_p99, fail_errors)
    for failure in failures:
        typer.echo(f"not held: {failure}", err=True)
    if failures:
        raise typer.Exit(1)
