"""`python -m tools.datasets NAME --source PATH --out FOLDER`."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tools.datasets.click_log import import_click_log
from tools.datasets.esci import import_esci
from tools.datasets.judgments import import_judgments
from tools.datasets.open_bandit import import_open_bandit
from tools.datasets.report import ImportReport
from tools.datasets.ubi import import_ubi
from tools.datasets.wands import import_wands
from trainer.errors import InputError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Import published data sets into Shelfrank's tables.",
)

Source = Annotated[Path, typer.Option(help="The published files.")]
Out = Annotated[Path, typer.Option(help="Folder to write; an earlier import there is replaced.")]
Columns = Annotated[list[str], typer.Option("--column", help="NAME=COLUMN: a column's name in the file. Repeatable.")]


class EsciVersion(StrEnum):
    """The two sizes of the Amazon Shopping Queries data set."""

    small = "small"
    large = "large"


@app.command()
def esci(
    source: Source,
    out: Out,
    locale: Annotated[list[str], typer.Option(help="us, es or jp. Repeatable.")] = ["us"],  # noqa: B006
    version: EsciVersion = EsciVersion.large,
    split: Annotated[str | None, typer.Option(help="train or test; both by default.")] = None,
) -> None:
    """Amazon Shopping Queries: items and judgments."""
    _run(lambda: import_esci(source, out, tuple(locale), version.value, split))


@app.command()
def wands(source: Source, out: Out) -> None:
    """Wayfair WANDS: items and judgments."""
    _run(lambda: import_wands(source, out))


@app.command("open_bandit")
def open_bandit(
    source: Source,
    out: Out,
    log: Annotated[str | None, typer.Option(help="File name of the log, where there are several.")] = None,
) -> None:
    """Open Bandit Dataset: items and single logged impressions with propensities."""
    _run(lambda: import_open_bandit(source, out, log))


@app.command()
def ubi(source: Source, out: Out) -> None:
    """User Behavior Insights queries and events: items and a search log."""
    _run(lambda: import_ubi(source, out))


@app.command()
def judgments(
    source: Source,
    out: Out,
    column: Columns = [],  # noqa: B006
    text: Annotated[list[str], typer.Option(help="Text column of the items. Repeatable.")] = ["title"],  # noqa: B006
) -> None:
    """A plain judgments file: items and judgments."""
    _run(lambda: import_judgments(source, out, _mapping(column), tuple(text)))


@app.command("click_log")
def click_log(
    source: Source,
    out: Out,
    column: Columns = [],  # noqa: B006
    keep: Annotated[list[str], typer.Option(help="Further column of the clicks to keep. Repeatable.")] = [],  # noqa: B006
) -> None:
    """Search clicks without impressions: items and a search log of clicked rows."""
    _run(lambda: import_click_log(source, out, _mapping(column), tuple(keep)))


def _mapping(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if not all(pair.partition("="))]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not NAME=COLUMN", param_hint="--column")
    return {name: column for name, _, column in (pair.partition("=") for pair in pairs)}


def _run(job: Callable[[], ImportReport]) -> None:
    try:
        report = job()
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    for line in report.lines():
        typer.echo(line)


if __name__ == "__main__":
    app(prog_name="python -m tools.datasets")
