"""An evaluated run as one HTML file."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2

from trainer.config import dump_experiment
from trainer.errors import InputError
from trainer.evaluation import report_tables as tables
from trainer.evaluation.continued_tables import continued_tables
from trainer.evaluation.drawing import LegendEntry, Picture, colour_of, legend_entry
from trainer.evaluation.examination_picture import examination_picture
from trainer.evaluation.ndcg_pictures import difference_plot, ndcg_by_cut, ndcg_by_frequency
from trainer.evaluation.page_examples import page_examples
from trainer.evaluation.pictures import calibrations, click_rate_by_position, discrimination, score_histogram
from trainer.evaluation.report_data import ReportData, read_report_data
from trainer.evaluation.robustness_report import robustness_part
from trainer.evaluation.slice_picture import slice_pictures
from trainer.evaluation.slice_tables import report_slices
from trainer.evaluation.training_pictures import learning_curves
from trainer.written import write_text

REPORT, TEMPLATE = "report.html", "report.html.j2"
LIBRARIES = ("tensorflow", "tensorflow-text", "keras", "keras-hub", "keras-nlp", "keras-rs", "numpy", "pandas", "bm25s")
SOURCES = {"log": "Log", "judged": "Human judgments"}


@dataclass(frozen=True)
class Gallery:
    """Pictures under one heading; ``absent`` says why there are none."""

    title: str
    about: str
    pictures: list[Picture]
    absent: str = ""
    small: bool = False


def write_report(run_folder: Path, out: Path | None = None) -> Path:
    """Write the report of an evaluated run.

    Args:
        run_folder: what ``shelfrank train`` wrote and ``shelfrank evaluate`` added to.
        out: the file; ``report.html`` of the run folder by default.

    Returns:
        The file: one HTML page that needs nothing else, replaced as a whole.

    Raises:
        InputError: if the folder is no run, was not evaluated or is damaged, or the file can't be written.
    """
    data = read_report_data(run_folder)
    path = run_folder / REPORT if out is None else out
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give --out the name of a file, for instance {path / REPORT}")
    page = _render(data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, page)
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}); give --out another file") from None
    return path


def _render(data: ReportData) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(TEMPLATE).render(_content(data))


def _content(data: ReportData) -> dict[str, Any]:
    ordered = tables.order_metrics(data)
    leads = [difference_plot(data, key, name, f"lead-{n}") for n, (key, (name, _)) in enumerate(ordered.items())]
    return {
        "data": data,
        "experiment": data.experiment,
        "about": list(_about(data)),
        "notes": list(_notes(data)),
        "verdicts": tables.verdicts(data),
        "headlines": tables.headlines(data),
        "counts": [(SOURCES.get(source, source), counts) for source, counts in data.counts.items()],
        "rankers": tables.ranker_table(data),
        "probabilities": tables.probability_metrics(data),
        "differences": tables.difference_table(data),
        "slices": report_slices(data.slices),
        "slice_pictures": slice_pictures(data.slices),
        "leads": [picture for picture in leads if picture is not None],
        "foreign": {name: tables.foreign_table(found) for name, found in data.foreign.items()},
        "robustness": robustness_part(data),
        "continued": continued_tables(data.folder),
        "legend": _legend(data),
        "galleries": list(_galleries(data)),
        "examples": {SOURCES.get(s, s): page_examples(side, data.k) for s, side in data.sides.items()},
        "config": dump_experiment(data.experiment),
        "versions": _versions(),
        "evaluated": _day(data.evaluated),
        "written": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def _galleries(data: ReportData) -> Iterator[Gallery]:
    rankers = list(data.rankers)
    log = data.sides.get("log")
    without_log = f"The {data.split} split holds no page of a log."
    order = [ndcg_by_cut(side, source, rankers) for source, side in data.sides.items()]
    if log is not None:
        order.append(ndcg_by_frequency(log, rankers, data.k, data.experiment.seed))
    yield Gallery(
        "Order", "How well each ranker orders a page, at every depth and for frequent and rare queries.", order
    )
    yield Gallery(
        "Clicks and purchases told apart",
        "All impressions together: the model's probabilities and the baselines' scores as cuts.",
        [] if log is None else discrimination(log, rankers),
        without_log if log is None else "",
    )
    yield Gallery(
        "Probabilities",
        "Whether a predicted rate is a rate: what bids, budgets and blends with other scores rest on.",
        [] if log is None else [*calibrations(log), click_rate_by_position(log)],
        without_log if log is None else "",
    )
    score = data.experiment.model.score
    histograms = [score_histogram(side, source, score) for source, side in data.sides.items()]
    yield Gallery("Scores", "The score that ranks, by what became of the impression.", histograms)
    examination = examination_picture(data)
    if examination is not None:
        yield Gallery(
            "Position bias", "What is taken for the effect of the position when clicks are learned from.", [examination]
        )
    curves = learning_curves(data)
    yield Gallery(
        "Training",
        "Losses and rates by step, smoothed over the raw values; then the validation metrics, the step kept ringed.",
        curves,
        "" if curves else "The run folder keeps no history (history.json).",
        small=True,
    )


def _about(data: ReportData) -> Iterator[tuple[str, str]]:
    """What was trained, in a few words."""
    experiment = data.experiment
    yield "encoder", Path(experiment.encoder.backbone).name or experiment.encoder.backbone
    yield "interaction", experiment.model.interaction
    yield "heads", experiment.model.heads
    yield "ranked by", experiment.model.score
    if "steps" in data.finished:
        best = data.finished.get("best") or {}
        yield "steps", f"{data.finished['steps']:,}" + (f", best {best['step']:,}" if "step" in best else "")
    yield "evaluated on", f"{data.split}, split by {experiment.data.split.by}"
    yield "on", _day(data.evaluated)


def _notes(data: ReportData) -> Iterator[str]:
    if data.experiment.simulate is not None:
        yield "Clicks and purchases of this run were simulated by a stated model of behaviour; people did not make them."
    yield from data.notes


def _legend(data: ReportData) -> list[LegendEntry]:
    return [legend_entry(name, colour_of(number)) for number, name in enumerate(data.rankers)]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("shelfrank", *LIBRARIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
