"""``shelfrank channels RUN``."""

from pathlib import Path
from typing import Annotated

import typer


def channels(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value of collaborative and retrieval.")] = None,
    two_tower: Annotated[
        bool, typer.Option("--two-tower/--no-two-tower", help="Whether to train the two towers, too.")
    ] = True,
) -> None:
    """Make what lists are found with: neighbours, popularity, items of queries, two towers. Export again after it."""
    from rich.console import Console

    from trainer.channels.build import build_channels

    console = Console()
    folder = build_channels(run, console, overrides or [], two_tower)
    console.print(f"channels: {folder}; shelfrank export {run}")
