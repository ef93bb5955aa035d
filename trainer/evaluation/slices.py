"""Slices of an evaluated run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.config import Experiment, SliceConfig
from trainer.config.slices import check_slices
from trainer.data.pages import Pages, concatenate
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.scores import Scores
from trainer.evaluation.slice_metrics import Slice, SlicedPages
from trainer.evaluation.slicing import slicings

CHANCE = 0.05


def slices_named(names: Sequence[str], experiment: Experiment) -> list[SliceConfig]:
    """Slices by name, in place of those of an experiment.

    Args:
        names: what to go by, each with its defaults.
        experiment: of the run.

    Raises:
        InputError: if a name is unknown.
    """
    found = [SliceConfig(by=name) for name in names]
    data = experiment.data
    try:
        check_slices(found, experiment.features.all, data.search_log is not None or data.events is not None)
    except ValueError as error:
        raise InputError(f"--slice: {error}") from None
    return found


def add_slices(
    result: Evaluation, experiment: Experiment, prepared: Prepared, pages: Pages | None, judged: Pages | None
) -> None:
    """Measure the slices that an experiment asks for.

    Args:
        result: with the scores of the pages; it is added to.
        experiment: what to go by, the resamples and the seed.
        prepared: the data of the run.
        pages: pages of the log that were scored, or None.
        judged: pages of judgments that were scored, or None.
    """
    config = experiment.evaluate
    training = _training(experiment, prepared)
    if not config.slices or training is None:
        return
    for source, side in (("log", pages), ("judged", judged)):
        if side is None or not len(side):
            continue
        table = result.scores[result.scores["source"] == source]
        given: dict[str, Any] = {name: table[name].to_numpy(np.float32) for name in ("score", "ctr", "cvr", "ctcvr")}
        scores = Scores(**{name: values for name, values in given.items() if not np.isnan(values).all()})
        measured = SlicedPages(source, side, scores, config.k, result.lowest_relevance)
        for slicing in slicings(config.slices, experiment.features, side, prepared.items, training):
            if not slicing.names:
                # Judged pages have neither users nor positions: nobody expects these slices of them.
                if source == "log":
                    result.notes.append(f"slices by {slicing.by}: no page of the log has any")
                continue
            if len(slicing.names) == 1 and (slicing.code == 0).all():
                what = "pages of the log" if source == "log" else "judged pages"
                result.notes.append(f"slices by {slicing.by}: all {what} are {slicing.labels[0]}; there is no rest")
                continue
            result.slices += measured.measure(slicing, config.bootstrap, experiment.seed)
    result.notes += _by_chance(result.slices)


def _training(experiment: Experiment, prepared: Prepared) -> Pages | None:
    """The pages that the model has learned from."""
    parts = [] if prepared.pages is None else [prepared.pages]
    if prepared.judged is not None and experiment.model.relevance:
        parts.append(prepared.judged)
    return concatenate([part.split("train") for part in parts]) if parts else None


def _by_chance(slices: list[Slice]) -> list[str]:
    """How many gaps are flagged, and how many would be if there were none."""
    figures = [figure for part in slices for figure in part.figures.values() if figure.gap_low is not None]
    flagged = sum(bool(figure.flag) for figure in figures)
    if not flagged:
        return []
    expected = CHANCE * len(figures)
    return [
        f"slices: {flagged} of {len(figures)} gaps are clear of zero; without any true gap about {expected:.0f} would be"
    ]
