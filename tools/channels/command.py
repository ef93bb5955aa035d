"""``shelfrank channels``: what the lists of a bundle are found with."""

from typing import Annotated

import typer

from tools.run_arguments import RunConfig, RunFolder, run_folder, run_overrides


def channels(
    run: RunFolder = None,
    config: RunConfig = None,
    two_tower: Annotated[
        bool, typer.Option("--two-tower/--no-two-tower", help="Whether to train the two towers, too.")
    ] = True,
) -> None:
    """Make what lists are found with: neighbours, popularity, items of queries, two towers. Export again after it."""
    from rich.console import Console

    from trainer.channels.build import build_channels

    folder = run_folder(run, config)
    made = build_channels(folder, Console(), run_overrides(run, config), two_tower)
    typer.echo(f"channels: {made}; now: shelfrank export {folder}")
