"""`python -m tools.study STUDY.yaml...`: run what is left of studies, and write what their finished runs show."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trainer.errors import InputError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Studies = Annotated[list[Path] | None, typer.Argument(metavar="STUDY...", help="YAML files, one study each.")]
Results = Annotated[Path, typer.Option("--results", help="The Markdown document.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Run this variant only; repeatable.")]
Write = Annotated[bool, typer.Option("--write", help="Run nothing: write from the runs that are finished.")]
Again = Annotated[
    bool, typer.Option("--evaluate-again", help="Evaluate finished runs again; train none of them again.")
]
Costs = Annotated[
    Path | None, typer.Option("--costs", help="What `tools.benchmarks steps --json` wrote: a section of it.")
]
Pictures = Annotated[bool, typer.Option("--pictures", help="Draw the differences beside the document.")]


@app.command()
def study(
    studies: Studies = None,
    results: Results = Path("docs/results.md"),
    only: Only = None,
    write: Write = False,
    evaluate_again: Again = False,
    pictures: Pictures = False,
    costs: Costs = None,
) -> None:
    """Run every variant with every seed, and write tables of what came out."""
    from tools.study.document import put_section
    from tools.study.execute import execute
    from tools.study.plan import plan_runs, read_study

    if not studies and costs is None:
        raise InputError("give a study, for instance configs/studies/debiasing.yaml, or --costs FILE")
    console = Console()
    read = [(path, read_study(path)) for path in studies or []]
    repeated = sorted({config.name for _, config in read if [c.name for _, c in read].count(config.name) > 1})
    if repeated:
        raise InputError(f"two studies are named {repeated[0]}; give each a name of its own")
    plans = [plan_runs(config, path) for path, config in read]
    known = [variant.name for _, config in read for variant in config.variants]
    for name in only or []:
        if name not in known:
            raise InputError(f"--only {name}: no such variant; there are {', '.join(known)}")
    failures = []
    for (path, config), planned in zip(read, plans, strict=True):
        if not write:
            runs = [run for run in planned if not only or run.variant in only]
            failures += execute(runs, config.folder, console, evaluate_again)
        # What reads runs imports TensorFlow, whose memory the runs need.
        from tools.study.finished import FinishedStudy
        from tools.study.hparams import write_hparams
        from tools.study.picture import draw
        from tools.study.section import write_section

        finished = FinishedStudy.load(config, path, planned)
        if not finished.runs:
            console.print(f"{config.name}: no finished run, nothing to write", highlight=False)
            continue
        picture = results.parent / "pictures" / f"study-{config.name}.svg"
        if pictures or picture.is_file():
            draw(finished, picture)
        link = f"pictures/{picture.name}" if picture.is_file() else None
        put_section(results, config.name, write_section(finished, link))
        console.print(f"tensorboard --logdir {write_hparams(finished)}", highlight=False, soft_wrap=True)
        console.print(f"written: {results}, section {config.name}", highlight=False)
    if costs is not None:
        from tools.study.step_costs import NAME, write_costs

        put_section(results, NAME, write_costs(costs))
        console.print(f"written: {results}, section {NAME}", highlight=False)
    if failures:
        raise InputError(f"{len(failures)} runs failed, run the study again to go on: {'; '.join(failures)}")


def main() -> None:
    """Run the command; what a user can cause is one line and exit code 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app(prog_name="python -m tools.study")
    except InputError as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
