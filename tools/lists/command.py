"""``shelfrank lists``: what the lists of a run find."""

from typing import Annotated

import typer

from tools.run_arguments import RunConfig, RunFolder, check_split, run_folder, run_overrides


def lists(
    run: RunFolder = None,
    config: RunConfig = None,
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    k: Annotated[int, typer.Option("--k", min=1, help="Places that count.")] = 20,
    diversity: Annotated[
        str | None, typer.Option(help="Weights of the scores to try on recommend, with commas between: 1,0.9,0.8.")
    ] = None,
    diversity_method: Annotated[str, typer.Option(help="mmr or dpp.")] = "mmr",
) -> None:
    """Measure the lists that a bundle would show beside each channel, BM25 and remembering the query."""
    from rich.console import Console

    from tools.lists.hidden_attraction import hidden_attraction
    from trainer.errors import InputError
    from trainer.evaluation.list_console import show_lists, show_trade_off
    from trainer.evaluation.list_pictures import draw_lists, draw_trade_off
    from trainer.evaluation.lists import FOLDER, evaluate_lists

    check_split(split)
    if diversity_method not in ("mmr", "dpp"):
        raise InputError(f"--diversity-method {diversity_method}: expected mmr or dpp")
    sweep = None if diversity is None else (diversity_method, _weights(diversity))
    folder, console = run_folder(run, config), Console()
    found = evaluate_lists(folder, split, k, console, run_overrides(run, config), hidden_attraction, sweep)
    show_lists(found.figures, split, console)
    kept = folder / FOLDER
    written = [found.save(kept), draw_lists(found.figures, split, kept / f"{split}.svg")]
    if found.trade_off is not None:
        show_trade_off(found.trade_off, console)
        written.append(draw_trade_off(found.trade_off, kept / f"{split}.diversity.svg"))
    typer.echo(f"lists: {', '.join(map(str, written))}")


def _weights(text: str) -> list[float]:
    from trainer.errors import InputError

    try:
        return list(dict.fromkeys(float(word) for word in text.split(",")))
    except ValueError:
        raise InputError(f"--diversity {text}: expected numbers from 0 to 1 with commas between") from None
