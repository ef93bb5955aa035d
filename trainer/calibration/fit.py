"""Fitting a calibration to a trained run."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from trainer.calibration.calibration import Calibration, feature_segment
from trainer.calibration.calibrator import Calibrator, logits
from trainer.calibration.isotonic import IsotonicCalibrator
from trainer.calibration.platt import PlattCalibrator
from trainer.calibration.query_band import QueryBand
from trainer.calibration.segment import Segment
from trainer.calibration.segmented import SegmentedCalibrator
from trainer.calibration.storage import CALIBRATION, write_calibration
from trainer.config import validate_section
from trainer.config.calibration import QUERY_FREQUENCY, CalibrationConfig
from trainer.config.experiment import Experiment, check_calibrated
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.errors import InputError
from trainer.evaluation.evaluation import EVALUATION, METRICS, SCORES
from trainer.evaluation.scorer import RankerScorer
from trainer.evaluation.tensorboard_pictures import write_probability_pictures
from trainer.evaluation.text_memory import TextMemory
from trainer.metrics.ece import ece
from trainer.training.run import FINISHED, Run, load_run, read_json

LEAST_EVENTS = 10
"""Ones, and zeros, that a curve needs: of fewer the rate is all but unknown."""


def calibrate_folder(folder: Path, changes: dict[str, Any], console: Console) -> Calibration | None:
    """Fit a run folder's calibration anew, in place of the one that it has; what was measured of that is removed.

    Args:
        folder: what ``shelfrank train`` wrote.
        changes: to the section ``calibration`` of the run.
        console: where to say what was found.

    Returns:
        The calibration; None where the method is none.

    Raises:
        InputError: if the folder is no finished run, a setting is wrong, or too little is there to fit on.
    """
    run = load_run(folder, calibrated=False)
    raw = run.experiment.calibration.model_dump() | changes
    if raw["method"] == "none" and "method" not in changes:
        raise InputError(f"{folder}: trained with calibration.method: none; give --method platt or --method isotonic")
    config = validate_section(CalibrationConfig, raw, "calibration")
    experiment = run.experiment.model_copy(update={"calibration": config})
    try:
        check_calibrated(experiment)
    except ValueError as error:
        raise InputError(str(error)) from None
    prepared = ensure_prepared(run.experiment)
    calibration = calibrate_run(dataclasses.replace(run, experiment=experiment), prepared, console)
    measured = [folder / name for name in (METRICS, EVALUATION, SCORES) if (folder / name).exists()]
    for path in measured:
        # Neither a bundle nor a report must show the calibration error of other probabilities.
        path.unlink()
    if measured:
        names = ", ".join(path.name for path in measured)
        console.print(f"{names} of {folder}: of the former probabilities, removed", soft_wrap=True, highlight=False)
    return calibration


def calibrate_after_training(experiment: Experiment, prepared: Prepared, folder: Path, console: Console) -> None:
    """The last step of training: fit what the experiment asks for, unless that was done."""
    if experiment.calibration.method != "none" and not (folder / CALIBRATION).is_file():
        calibrate_run(load_run(folder, calibrated=False), prepared, console)


def calibrate_run(run: Run, prepared: Prepared, console: Console) -> Calibration | None:
    """Fit, write, and show the calibration of a run; see `calibrate_folder`."""
    config = run.experiment.calibration
    if config.method == "none":
        write_calibration(run.folder, None)
        console.print(f"{run.folder}: without calibration now", soft_wrap=True, highlight=False)
        return None
    check_rows(run.experiment, prepared)
    calibration, table = fit_calibration(run, prepared)
    write_calibration(run.folder, calibration)
    step = int(read_json(run.folder / FINISHED).get("steps", 0))
    write_probability_pictures(run.folder / "tensorboard", step, config.split, table)
    for target, figures in calibration.fitted["ece"].items():
        console.print(
            f"calibrated {target} ({config.method}): error on the {config.split} pages {figures['before']:.4f} before, "
            f"{figures['after']:.4f} after",
            soft_wrap=True,
            highlight=False,
        )
    for note in calibration.notes:
        console.print(f"note: {note}", soft_wrap=True, highlight=False)
    return calibration


def check_rows(experiment: Experiment, prepared: Prepared) -> None:
    """Refuse, before anything is trained, pages that are too few to calibrate on.

    Raises:
        InputError: saying how many there are and how many are needed.
    """
    config = experiment.calibration
    if config.method == "none":
        return
    pages = None if prepared.pages is None else prepared.pages.split(config.split)
    clicked = np.zeros(0) if pages is None else pages.clicked[pages.clicked >= 0]
    if len(clicked) < config.min_rows:
        way = "raise data.split.valid, or lower it" if config.split == "valid" else "lower it"
        raise InputError(
            f"calibration.min_rows: {config.min_rows:,} impressions are asked for, the {config.split} pages have "
            f"{len(clicked):,}; {way}"
        )
    ones = int(clicked.sum())
    if min(ones, len(clicked) - ones) < LEAST_EVENTS:
        raise InputError(
            f"calibration.split: the {config.split} pages have {ones:,} clicks on {len(clicked):,} impressions; "
            f"{LEAST_EVENTS} with and {LEAST_EVENTS} without a click are needed"
        )


def fit_calibration(run: Run, prepared: Prepared) -> tuple[Calibration, pd.DataFrame]:
    """Fit.

    Args:
        run: with the section ``calibration`` to follow.
        prepared: the pages.

    Returns:
        The calibration; and the impressions that it was fitted on, with ``clicked``, ``purchased`` and both
        probabilities before and after.
    """
    assert prepared.pages is not None
    config, items = run.experiment.calibration, prepared.items
    pages = prepared.pages.split(config.split)
    memory = TextMemory()
    scores = RankerScorer(run.experiment, run.ranker, run.packers, memory=memory)(pages, items)
    segment = _segment(config, run, prepared)
    codes = None if segment is None else segment.codes_of(pages, items)
    notes: list[str] = []
    fitted: dict[str, Calibrator | None] = {}
    for target, label, probability in (("ctr", pages.clicked, scores.ctr), ("ctcvr", pages.purchased, scores.ctcvr)):
        assert probability is not None
        known = label >= 0
        ones = int((label == 1).sum())
        if min(ones, int(known.sum()) - ones) < LEAST_EVENTS:
            what = f"{ones:,} purchases on the {config.split} pages are too few"
            notes.append(f"{target} has no calibration of its own: {what}; it is calibrated ctr times cvr")
            fitted[target] = None
            continue
        part = None if codes is None else codes[known]
        fitted[target] = _fit(config, logits(probability[known]), label[known], part, segment)
        notes += _few(target, fitted[target])
    assert fitted["ctr"] is not None
    calibration = Calibration(config, fitted["ctr"], fitted["ctcvr"], segment, notes=notes)
    outputs = dataclasses.replace(run, calibration=calibration).outputs
    after = RankerScorer(run.experiment, run.ranker, run.packers, outputs=outputs, memory=memory)(pages, items)
    table = pd.DataFrame(
        {
            "clicked": pages.clicked,
            "purchased": pages.purchased,
            "ctr": after.ctr,
            "ctcvr": after.ctcvr,
            "ctr_uncalibrated": scores.ctr,
            "ctcvr_uncalibrated": scores.ctcvr,
        }
    )
    return dataclasses.replace(calibration, fitted=_figures(pages, table)), table


def _segment(config: CalibrationConfig, run: Run, prepared: Prepared) -> Segment | None:
    if config.segment is None:
        return None
    if config.segment == QUERY_FREQUENCY:
        assert prepared.pages is not None
        return QueryBand.of(prepared.pages.split("train"))
    return feature_segment(config.segment, run.experiment, run.statistics)


def _fit(
    config: CalibrationConfig, logit: np.ndarray, label: np.ndarray, codes: np.ndarray | None, segment: Segment | None
) -> Calibrator:
    if config.method == "isotonic":
        return IsotonicCalibrator.fit(logit, label)
    if segment is None or codes is None:
        return PlattCalibrator.fit(logit, label)
    return SegmentedCalibrator.fit(logit, label, codes, segment.names, config.min_rows, LEAST_EVENTS)


def _few(target: str, calibrator: Calibrator | None) -> list[str]:
    """How many segments have a curve of their own, as a note."""
    if not isinstance(calibrator, SegmentedCalibrator):
        return []
    named = [name for name in calibrator.names if name]
    own, of = len(calibrator.segments), len(named)
    shown = f" ({', '.join(calibrator.segments)})" if 0 < own <= 10 else ""
    return [f"{target}: {own} of {of} segments have a curve of their own{shown}, the others that of all"]


def _figures(pages: Pages, table: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rows": int((pages.clicked >= 0).sum()),
        "clicks": int((pages.clicked == 1).sum()),
        "purchases": int((pages.purchased == 1).sum()),
        "ece": {},
    }
    for target, column in (("ctr", "clicked"), ("ctcvr", "purchased")):
        known = table[table[column] >= 0]
        found["ece"][target] = {
            when: ece(known[column].to_numpy(np.float64), known[name].to_numpy(np.float64))
            for when, name in (("before", f"{target}_uncalibrated"), ("after", target))
        }
    return found
