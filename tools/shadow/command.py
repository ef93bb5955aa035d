"""``shelfrank shadow``."""

from pathlib import Path
from typing import Annotated

import typer

SIDE = "host:port, host:port/model, host:port/model@version, host:port/model:label, or a folder models/name/version."


def shadow(
    a: Annotated[str, typer.Argument(metavar="A", help=SIDE)],
    b: Annotated[str, typer.Argument(metavar="B", help="The same; what is compared with A.")],
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Of --config.")] = None,
    pages: Annotated[Path | None, typer.Option(help="Recorded pages, JSON lines.")] = None,
    config: Annotated[Path | None, typer.Option(help="An experiment, whose test pages are sent.")] = None,
    items: Annotated[Path | None, typer.Option(help="A table of items to make pages from.")] = None,
    queries: Annotated[Path | None, typer.Option(help="Queries of made pages.")] = None,
    list_sizes: Annotated[
        str | None, typer.Option(help="Lengths that candidate lists are filled up to, such as 24,48,100.")
    ] = None,
    history_length: Annotated[
        int | None, typer.Option(help="Length that histories, and other sequences, are cut or filled up to.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Pages that are sent, the first ones.")] = 1000,
    k: Annotated[int, typer.Option("-k", min=1, help="How many of the first items are compared as a set.")] = 10,
    deadline: Annotated[float, typer.Option(help="Seconds of a request.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of made pages.")] = 1,
    shown: Annotated[int, typer.Option("--show", min=0, help="Pages that differ most, to show.")] = 5,
    json: Annotated[Path | None, typer.Option(help="Write the figures there.")] = None,
    min_tau: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Exit code 1 where the mean Kendall tau of the pages is below.")
    ] = None,
    min_overlap: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit code 1 where the mean overlap of the first k is below.")
    ] = None,
    max_drift: Annotated[
        float | None, typer.Option(min=0, help="Exit code 1 where the mean absolute difference of the scores is above.")
    ] = None,
) -> None:
    """Compare two versions on the same pages: order, scores, latency."""
    import dataclasses

    from rich.console import Console

    from tools.pages_to_send import Lengths, Source, read_pages
    from tools.shadow.run import run_shadow
    from tools.shadow.table import show
    from tools.written import check_place, write_json

    check_place(json, "--json")
    lengths = Lengths.of(list_sizes, history_length)
    console = Console()
    source = read_pages(Source(pages, config, items, queries, overrides or ()), seed)
    source = dataclasses.replace(source, pages=source.pages[:most])
    found = run_shadow(a, b, source, k, deadline, lengths, console)
    show(found, shown, console)
    if json is not None:
        write_json(json, found.as_dict(shown), "--json")
    failures = found.missed(min_tau, min_overlap, max_drift)
    for failure in failures:
        typer.echo(f"not held: {failure}", err=True)
    if failures:
        raise typer.Exit(1)
