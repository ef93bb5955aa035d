"""``shelfrank offpolicy``."""

from pathlib import Path
from typing import Annotated

import typer


def offpolicy(
    log: Annotated[
        Path,
        typer.Argument(help="Impressions: item_id, position, clicked, propensity, request_id; or a prepared folder."),
    ],
    target: Annotated[
        str,
        typer.Option(help="uniform, like:LOG (its shares of the items), column:NAME of the log, or a file of chances."),
    ] = "uniform",
    truth: Annotated[
        Path | None, typer.Option(help="A log of the target policy, whose click rate to print beside.")
    ] = None,
    items: Annotated[Path | None, typer.Option(help="Items that can be shown; those of the log by default.")] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="A column of the log for the click model, known before the choice; repeatable."),
    ] = None,
    clip: Annotated[float | None, typer.Option(help="The largest weight; no limit by default.")] = None,
    switch: Annotated[float | None, typer.Option(help="Add doubly robust, no weight above this correcting it.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Of the click model.")] = 5,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples of pages.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and resamples.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the figures there.")] = None,
) -> None:
    """Estimate the click rate of another policy from a log with propensities."""
    from rich.console import Console

    from tools.off_policy.log_table import impressions_of, read_log
    from tools.off_policy.table import holds, show
    from tools.off_policy.target import read_problem
    from tools.written import check_place, write_json
    from trainer.errors import InputError
    from trainer.off_policy.evaluation import click_rate, evaluate_policy, plain

    check_place(json, "--json")
    for name, limit in (("clip", clip), ("switch", switch)):
        if limit is not None and not limit > 0:
            raise InputError(f"--{name} {limit:g}: expected a weight above 0")
    console, notes = Console(), list[str]()
    impressions, policy = read_problem(log, target, items, feature or [], notes)
    own = None
    if truth is not None:
        table = read_log(truth, clicks_only=True)
        own = click_rate(impressions_of(truth, table, table["item_id"].sort_values().unique()), bootstrap, seed)
    found = evaluate_policy(impressions, policy, clip, switch, folds, bootstrap, seed)
    show(found, f"target {target}, from {log.name}", own, console)
    for note in notes:
        console.print(f"note: {note}", soft_wrap=True, markup=False, highlight=False)
    if json is not None:
        figures = {"log": str(log), "target": target, "clip": clip, "switch": switch, **found.as_dict()}
        if truth is not None and own is not None:
            inside = {
                name: {"normal": holds(one.normal, own.value), "bootstrap": holds(one.bootstrap, own.value)}
                for name, one in found.estimates.items()
            }
            figures["truth"] = {"log": str(truth), **plain(own), "inside": inside}
        write_json(json, figures, "--json")
