"""The ``shelfrank`` command: one function a subcommand."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from serving.local.errors import ServerError
from shelfrank_client.errors import RankingError
from tools.channels.command import channels
from tools.deploy.command import check_deploy
from tools.lists.command import lists
from tools.loadtest.command import loadtest
from tools.off_policy.command import offpolicy
from tools.run_arguments import RunConfig, RunFolder, check_split, run_folder, run_overrides
from tools.shadow.command import shadow
from tools.training import train
from trainer.errors import InputError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="BERT-quality ranking for e-commerce search: train in Keras, serve with TF Serving.",
)

Config = Annotated[Path, typer.Option("--config", help="The experiment, a YAML file.")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Overrides, with dots.")]


@app.command()
def prepare(config: Config, overrides: Overrides = None) -> None:
    """Check the tables, label, split and build pages."""
    from rich.console import Console

    from trainer.config import load_experiment
    from trainer.data.prepared import prepare as run

    run(load_experiment(config, overrides), Console())


@app.command()
def simulate(config: Config, overrides: Overrides = None) -> None:
    """Make up a marketplace, or behaviour over real queries and items."""
    from tools.simulate import SimulateConfig
    from tools.simulate import simulate as run
    from trainer.config import load_experiment, validate_section

    experiment = load_experiment(config, overrides)
    if experiment.simulate is None:
        raise InputError(
            f"{config}: has no section 'simulate'; add one, or use `shelfrank prepare` for your own tables"
        )
    section = validate_section(SimulateConfig, experiment.simulate, f"{config}: simulate")
    report = run(section, experiment.data.items.parent, experiment.data_seed)
    typer.echo("\n".join(report.lines()))


app.command("train")(train)


@app.command()
def evaluate(
    run: RunFolder = None,
    config: RunConfig = None,
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    judgments: Annotated[Path | None, typer.Option(help="Human judgments of a source never seen.")] = None,
    items: Annotated[Path | None, typer.Option(help="The items of --judgments.")] = None,
    part: Annotated[
        list[str] | None, typer.Option("--slice", help="What to slice by, in place of evaluate.slices; repeatable.")
    ] = None,
    robustness: Annotated[bool, typer.Option("--robustness", help="Rank misspelt and reworded queries too.")] = False,
) -> None:
    """Measure a run beside the baselines, with intervals."""
    from rich.console import Console

    from trainer.evaluation.run_evaluation import evaluate_foreign, evaluate_run

    check_split(split)
    if items is not None and judgments is None:
        raise InputError("--items: goes with --judgments; give the judgments too")
    if part and judgments is not None:
        raise InputError("--slice: goes with a split of the run's own data; leave out --judgments or --slice")
    if robustness and judgments is not None:
        raise InputError("--robustness: goes with a split, not with --judgments; leave one out")
    folder, console, overrides = run_folder(run, config), Console(), run_overrides(run, config)
    if judgments is None:
        evaluate_run(folder, split, console, overrides, part or [], robustness)
    else:
        evaluate_foreign(folder, judgments, items, console, overrides)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN_A", help="A run, or runs of several seeds with commas between.")],
    second: Annotated[str, typer.Argument(metavar="RUN_B", help="What is subtracted; as many runs.")],
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    resamples: Annotated[int, typer.Option(min=0, help="Resamples of queries.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the resamples.")] = 1,
    out: Annotated[Path | None, typer.Option(help="The JSON file; below the first run by default.")] = None,
) -> None:
    """Differences of two evaluated runs on the same pages, with intervals and p-values."""
    from rich.console import Console

    from trainer.evaluation.comparison import compare_runs
    from trainer.evaluation.scored_run import result_folder

    check_split(split)
    one, other = ([Path(folder) for folder in side.split(",") if folder] for side in (first, second))
    if not one or not other:
        raise InputError("compare: give a run folder on either side")
    found = compare_runs(one, other, split, resamples, seed)
    found.show(Console())
    path = out or result_folder(one[0], split) / "compared" / f"{other[0].resolve().name}.json"
    found.save(path)
    typer.echo(f"compared: {path}")


@app.command()
def calibrate(
    run: RunFolder = None,
    config: RunConfig = None,
    method: Annotated[str | None, typer.Option(help="platt, isotonic or none; that of the run by default.")] = None,
    segment: Annotated[
        str | None, typer.Option(help='A categorical feature, query_frequency, or "" for one curve.')
    ] = None,
    split: Annotated[str | None, typer.Option(help="Pages to fit on: valid or train.")] = None,
    min_rows: Annotated[int | None, typer.Option(help="Impressions that a fit needs.")] = None,
) -> None:
    """Fit the probabilities of a trained run to the rates that were seen."""
    from rich.console import Console

    from trainer.calibration.fit import calibrate_folder

    given = {"method": method, "segment": segment, "split": split, "min_rows": min_rows}
    changes: dict[str, Any] = {key: value or None for key, value in given.items() if value is not None}
    if method not in (None, "platt"):
        changes.setdefault("segment", None)
    if config is None and len(run or []) > 1:
        raise InputError(
            f"calibrate: {(run or [])[1]!r}: takes no overrides; use --method, --segment, --split or --min-rows"
        )
    folder = run_folder(run, config)
    calibrate_folder(folder, changes, Console())
    typer.echo(f"calibrated: {folder}; evaluate and export it again")


@app.command()
def report(
    run: RunFolder = None,
    config: RunConfig = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; report.html of the run by default.")] = None,
) -> None:
    """Draw an evaluated run as one HTML file."""
    from trainer.evaluation.report import write_report

    typer.echo(f"report: {write_report(run_folder(run, config), out)}")


@app.command()
def export(
    run: RunFolder = None,
    config: RunConfig = None,
    items: Annotated[Path | None, typer.Option(help="Other items, with the same weights.")] = None,
    score: Annotated[str | None, typer.Option(help="Another score, with the same weights.")] = None,
) -> None:
    """Write the next version of the bundle, proved equal to the trainer."""
    from rich.console import Console

    from trainer.export.export import export_folder

    folder = export_folder(run_folder(run, config), items, Console(), score, run_overrides(run, config))
    typer.echo(f"exported: {folder}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def serve(context: typer.Context, config: RunConfig = None) -> None:
    """Serve bundles as TF Serving does, for laptops and tests; --help lists the flags."""
    import logging

    from serving.local.flags import parse_flags
    from serving.local.model_directory import check_base_path
    from trainer.config import load_experiment

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    arguments = context.args
    if config is not None:
        overrides = [word for word in arguments if "=" in word and not word.startswith("-")]
        experiment = load_experiment(config, overrides)
        named = [f"--model_base_path={experiment.export.models / experiment.name}", f"--model_name={experiment.name}"]
        arguments = [*named, *(word for word in arguments if word not in overrides)]
    flags = parse_flags(arguments, "shelfrank serve")
    check_base_path(flags)
    from serving.local.server import serve_until_stopped

    serve_until_stopped(flags)


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="What a shopper types.")],
    overrides: Overrides = None,
    config: Annotated[Path | None, typer.Option("--config", help="The experiment: gives --model and --items.")] = None,
    target: Annotated[str, typer.Option(help="host:port of the server.")] = "127.0.0.1:8500",
    model: Annotated[str | None, typer.Option(help="The model's name; shelfrank by default.")] = None,
    items: Annotated[Path | None, typer.Option(help="Items: shows titles, and gives candidates by BM25.")] = None,
    candidate: Annotated[list[str] | None, typer.Option(help="An item id; repeatable.")] = None,
    history: Annotated[list[str] | None, typer.Option(help="An item clicked before; repeatable.")] = None,
    feature: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of the user or context; repeatable.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many to show.")] = 10,
    deadline: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 5.0,
) -> None:
    """Rank candidates for a query through the client, as a search page would."""
    from rich.console import Console

    from tools.query import ask, show
    from trainer.config import load_experiment

    if config is not None:
        experiment = load_experiment(config, overrides)
        model, items = model or experiment.name, items or experiment.data.items
    elif overrides:
        raise InputError(f"{overrides[0]}: overrides go with --config FILE; more words of the query go into its quotes")
    words = candidate or [], history or [], feature or []
    page, titles = ask(text, target, model or "shelfrank", items, *words, k, deadline)
    show(text, page, titles, Console())


app.command("channels")(channels)
app.command("lists")(lists)
app.command("check-deploy")(check_deploy)
app.command("loadtest")(loadtest)
app.command("shadow")(shadow)
app.command("offpolicy")(offpolicy)


def main() -> None:
    """Run the command; what a user can cause is one line and exit code 2."""
    # TensorFlow reads it when it is imported: its notes about the machine are no news here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app()
    except (InputError, ServerError, RankingError) as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        # Of the machine, not of the program: a full disk, a folder that may not be written.
        sys.stdout.flush()
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{' '.join((error.strerror or str(error)).split())}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
