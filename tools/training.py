"""``shelfrank train``: a model from its configuration, or a finished run that goes on with new days."""

from pathlib import Path
from typing import Annotated

import typer

from trainer.errors import InputError


def train(
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Overrides, with dots.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The experiment, a YAML file.")] = None,
    run: Annotated[
        Path | None, typer.Option("--continue", metavar="RUN", help="A finished run to go on from, with --search_log.")
    ] = None,
    search_log: Annotated[
        Path | None, typer.Option("--search_log", "--search-log", help="Impressions of the days since.")
    ] = None,
    items: Annotated[Path | None, typer.Option(help="With --continue: items, those of the run by default.")] = None,
    judgments: Annotated[
        Path | None, typer.Option(help="With --continue: human judgments, those of the run by default.")
    ] = None,
) -> None:
    """Fine-tune the model, or go on from a finished run; a killed run goes on where it was."""
    from rich.console import Console

    from trainer.config import load_experiment

    if (config is None) == (run is None):
        raise InputError("train: give --config FILE, or --continue RUN with --search_log FILE, one of the two")
    if config is not None:
        for name, given in (("search_log", search_log), ("items", items), ("judgments", judgments)):
            if given is not None:
                raise InputError(f"--{name}: goes with --continue; with --config write data.{name}={given}")
        experiment = load_experiment(config, overrides)
    else:
        if search_log is None:
            raise InputError("--continue: needs --search_log FILE, the impressions of the days since the run")
        from trainer.training.continuation import continued_experiment

        assert run is not None
        experiment = continued_experiment(run, search_log, items, judgments, overrides or [])

    from trainer.data.prepared import ensure_prepared
    from trainer.training.fit import train as fit

    folder = fit(experiment, ensure_prepared(experiment), Console())
    typer.echo(f"trained: {folder}")
