"""How the command line names a run, its overrides and its splits."""

from pathlib import Path
from typing import Annotated

import typer

from trainer.errors import InputError

LATER = ("evaluate", "export", "collaborative", "retrieval", "channels", "lists")
"""Sections that say what is done with a trained model, not how it was trained."""

RunFolder = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RUN] [KEY=VALUE]...", help=f"A folder that train wrote; overrides of {', '.join(LATER)}."),
]
RunConfig = Annotated[Path | None, typer.Option("--config", help="The experiment, in place of its run folder.")]


def run_folder(run: list[str] | None, config: Path | None) -> Path:
    """The run folder that the command line names: its first word, or that of the experiment with its overrides."""
    from trainer.config import load_experiment

    if config is not None and not any("=" not in word for word in run or []):
        return load_experiment(config, run).run_folder
    if config is not None or not run or ("=" in run[0] and not Path(run[0]).exists()):
        raise InputError("give a run folder, or --config FILE, one of the two")
    return Path(run[0])


def run_overrides(run: list[str] | None, config: Path | None) -> list[str]:
    """What is done with a run otherwise than its folder says; how it was trained can't be changed any more."""
    from trainer.config import load_experiment

    if config is not None:
        experiment = load_experiment(config, run)
        return [f"{name}={getattr(experiment, name).model_dump_json()}" for name in LATER]
    overrides = (run or [])[1:]
    for override in overrides:
        if override.partition("=")[0].split(".")[0] not in LATER:
            raise InputError(
                f"{override!r}: the run was trained already; overrides of {', '.join(LATER)} can follow its folder, "
                "for instance evaluate.bootstrap=0"
            )
    return overrides


def check_split(split: str) -> None:
    """Refuse a split that there is not."""
    if split not in ("train", "valid", "test"):
        raise InputError(f"--split: no split {split!r}; there are train, valid and test")
