"""`python -m tools.benchmarks [COMMAND] [--json FILE]`: what Shelfrank costs here; alone it runs all that is possible."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shelfrank_client.errors import RankingError
from tools.benchmarks.figures import NotHere, Result, write_json
from tools.benchmarks.machine import describe_machine, in_words
from trainer.errors import InputError

QUICKSTART = Path("configs/quickstart.yaml")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Measure what Shelfrank costs on this machine.",
)

Json = Annotated[Path | None, typer.Option("--json", help="A file for the figures and the machine, as JSON.")]
Config = Annotated[Path, typer.Option("--config", help="An experiment with a section simulate.")]
Run = Annotated[Path, typer.Argument(help="A folder that train finished and export made a bundle of.")]
OtherRun = Annotated[
    Path | None, typer.Option("--run", help="The run for serving; that of configs/quickstart.yaml by default.")
]
Calls = Annotated[int, typer.Option(min=1, help="Pages timed each way.")]
Steps = Annotated[int, typer.Option(min=1, help="Training steps timed each way.")]
Small = Annotated[bool, typer.Option("--small", help="Take a small random backbone instead of the experiment's.")]

Benchmark = Callable[[], Result]


@app.callback(invoke_without_command=True)
def everything(context: typer.Context, run: OtherRun = None, json: Json = None) -> None:
    """Measure what Shelfrank costs on this machine; without a command, all that is possible."""
    if context.invoked_subcommand is not None:
        if run is not None or json is not None:
            raise InputError(f"--run and --json stand after the command: {context.invoked_subcommand} ... --json FILE")
        return
    measure(
        {
            "client": run_client,
            "retrieval": run_retrieval,
            "serving": lambda: run_serving(run),
            "lists": run_lists,
            "training": run_training,
            "steps": run_steps,
        },
        json,
        skip=True,
    )


@app.command()
def serving(run: Run, calls: Calls = 200, json: Json = None) -> None:
    """A run against its newest bundle behind the local server: differences, latency, size."""
    measure({"serving": lambda: run_serving(run, calls)}, json)


@app.command()
def client(json: Json = None) -> None:
    """The client: its import, its wheel, its packing."""
    measure({"client": run_client}, json)


@app.command()
def retrieval(calls: Calls = 400, json: Json = None) -> None:
    """The nearest of 200,000 items: the index inside a bundle against FAISS."""
    measure({"retrieval": lambda: run_retrieval(calls)}, json)


@app.command()
def lists(calls: Calls = 200, json: Json = None) -> None:
    """Lists that a bundle of 20,000 items makes itself: each kind through the client and directly."""
    measure({"lists": lambda: run_lists(calls)}, json)


@app.command()
def training(config: Config = QUICKSTART, steps: Steps = 5, json: Json = None) -> None:
    """A few training steps: what encoding each text once saves."""
    measure({"training": lambda: run_training(config, steps)}, json)


@app.command()
def steps(config: Config = QUICKSTART, steps: Steps = 5, small: Small = False, json: Json = None) -> None:
    """A training step of each adversarial and fine-tuning method over a plain step."""
    measure({"steps": lambda: run_steps(config, steps, small)}, json)


def run_client() -> Result:
    """`tools.benchmarks.client`"""
    from tools.benchmarks.client import benchmark_client

    return benchmark_client()


def run_retrieval(calls: int = 400) -> Result:
    """`tools.benchmarks.retrieval`"""
    from tools.benchmarks.retrieval import benchmark_retrieval

    return benchmark_retrieval(calls)


def run_serving(run: Path | None, calls: int = 200) -> Result:
    """`tools.benchmarks.serving`"""
    from tools.benchmarks.serving import benchmark_serving
    from trainer.config import load_experiment

    return benchmark_serving(load_experiment(QUICKSTART).run_folder if run is None else run, calls)


def run_lists(calls: int = 200) -> Result:
    """`tools.benchmarks.lists`"""
    from tools.benchmarks.lists import benchmark_lists

    return benchmark_lists(QUICKSTART, calls)


def run_training(config: Path = QUICKSTART, steps: int = 5) -> Result:
    """`tools.benchmarks.training`"""
    from tools.benchmarks.training import benchmark_training

    return benchmark_training(config, steps)


def run_steps(config: Path = QUICKSTART, steps: int = 5, small: bool = False) -> Result:
    """`tools.benchmarks.steps`"""
    from tools.benchmarks.steps import benchmark_steps

    return benchmark_steps(config, steps, small)


def measure(benchmarks: Mapping[str, Benchmark], json: Path | None, skip: bool = False) -> None:
    """Run benchmarks one after another, show what they find, and write it.

    Args:
        benchmarks: by name.
        json: a file for everything found.
        skip: whether one that is not possible here is skipped, with the reason, instead of being an error.

    Raises:
        InputError: if one can't be run, or the file can't be written.
        RankingError: if the server does not answer.
    """
    if json is not None and not json.absolute().parent.is_dir():
        raise InputError(f"--json {json}: no folder {json.parent}; make it, or name another file")
    console = Console()
    machine = describe_machine()
    console.print(in_words(machine), soft_wrap=True, highlight=False)
    results: list[Result] = []
    skipped: dict[str, str] = {}
    try:
        for name, benchmark in benchmarks.items():
            try:
                result = benchmark()
            except NotHere as reason:
                if not skip:
                    raise
                skipped[name] = str(reason)
                console.print(f"{name}: skipped: {reason}", soft_wrap=True, highlight=False)
                continue
            results.append(result)
            result.show(console)
    finally:
        # What was found before an error is not lost.
        if json is not None and (results or skipped):
            write_json(json, machine, results, skipped)
    if json is not None:
        console.print(f"written: {json}", soft_wrap=True, highlight=False)


def main() -> None:
    """Run the command; what a user can cause is one line and exit code 2."""
    # TensorFlow reads it when it is imported: its notes about the machine are no news here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app(prog_name="python -m tools.benchmarks")
    except (InputError, RankingError) as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
