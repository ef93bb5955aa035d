"""Evaluation of a run folder: the model beside the baselines."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from trainer.augmentation.robustness_sets import robustness_sets
from trainer.data.negatives import all_candidates
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.evaluation.baselines import baselines
from trainer.evaluation.evaluator import Evaluation, evaluate
from trainer.evaluation.foreign import judged_pages_of
from trainer.evaluation.robustness import add_robustness, save_rewritten
from trainer.evaluation.robustness_table import show_robustness
from trainer.evaluation.scorer import RankerScorer
from trainer.evaluation.scores import RankerFunction
from trainer.evaluation.slices import add_slices, slices_named
from trainer.evaluation.tensorboard_pictures import write_probability_pictures
from trainer.evaluation.text_memory import TextMemory
from trainer.evaluation.truth import judge_by_truth
from trainer.training.run import FINISHED, Run, load_run, load_zero_shot, read_json, spelt_by


def evaluate_run(
    folder: Path,
    split: str,
    console: Console,
    overrides: Sequence[str] = (),
    slices: Sequence[str] = (),
    robustness: bool = False,
) -> Evaluation:
    """Evaluate a run on a split of its own data, and keep the result in the run folder.

    Args:
        folder: what ``shelfrank train`` wrote.
        split: ``train``, ``valid`` or ``test``.
        console: where the table is shown.
        overrides: of the run's ``evaluate``, ``key=value``.
        slices: what to slice by, in place of ``evaluate.slices`` of the run.
        robustness: whether rewritten queries are ranked too, whatever ``evaluate.robustness`` says.

    Raises:
        InputError: if the folder is no finished run, or a slice is unknown.
    """
    run = load_run(folder, overrides=overrides)
    experiment = run.experiment
    if slices:
        changed = experiment.evaluate.model_copy(update={"slices": slices_named(slices, experiment)})
        experiment = experiment.model_copy(update={"evaluate": changed})
    prepared = ensure_prepared(experiment)
    pages = None if prepared.pages is None else prepared.pages.split(split)
    judged = None if prepared.judged is None else prepared.judged.split(split)
    config = run.experiment.evaluate
    if pages is not None and config.candidates == "all":
        pages = all_candidates(pages, len(prepared.items))
    grades = np.zeros(0) if prepared.judged is None else prepared.judged.relevance
    lowest = float(np.nanmin(grades)) if len(grades) else None
    rankers = _rankers(run, prepared)
    result = evaluate(rankers, pages, judged, prepared.items, config, split, run.experiment.seed, lowest)
    curve = ExaminationCurve.load(folder)
    judge_by_truth(result, run.experiment.data, curve, pages, config, run.experiment.seed)
    add_slices(result, experiment, prepared, pages, judged)
    if split == "train":
        result.notes.append("train: the model and popularity have learned from these very pages")
    if run.calibration is not None and run.calibration.config.split == split:
        result.notes.append(f"{split}: the calibration was fitted on these very pages")
    rewritten = None
    if robustness or config.robustness:
        sides = {
            source: side for source, side in (("log", pages), ("judged", judged)) if side is not None and len(side)
        }
        methods, notes = robustness_sets(config.wordnet)
        result.notes += notes
        rewritten = add_robustness(result, rankers, sides, prepared.items, methods, config, run.experiment.seed)
    kept = folder if split == "test" else folder / split
    result.save(kept)
    save_rewritten(kept, rewritten)
    log = result.scores[result.scores["source"] == "log"]
    write_probability_pictures(folder / "tensorboard", int(read_json(folder / FINISHED).get("steps", 0)), split, log)
    result.show(console)
    show_robustness(result, console)
    return result


def evaluate_foreign(
    folder: Path, judgments: Path, items: Path | None, console: Console, overrides: Sequence[str] = ()
) -> Evaluation:
    """Evaluate a run on human judgments of a source that it has never seen.

    Args:
        folder: what ``shelfrank train`` wrote.
        judgments: a table with ``query``, ``item_id``, ``relevance``.
        items: a table with ``item_id`` and the text columns; by default they are in ``judgments``.
        console: where the table is shown.
        overrides: of the run's ``evaluate``, ``key=value``.

    Raises:
        InputError: if the folder is no finished run, or a table is wrong.
    """
    run = load_run(folder, overrides=overrides)
    judged, table = judged_pages_of(judgments, items, run.experiment)
    prepared = ensure_prepared(run.experiment)
    with TemporaryDirectory() as words:
        rankers = _rankers(spelt_by(run, table, Path(words)), prepared)
        result = evaluate(rankers, None, judged, table, run.experiment.evaluate, "test", run.experiment.seed)
    source = judgments.resolve()
    result.save(folder / "foreign" / f"{source.parent.name}-{source.name.split('.')[0]}")
    result.show(console)
    return result


def _rankers(run: Run, prepared: Prepared) -> dict[str, RankerFunction]:
    """The model first, then the baselines."""
    zero_shot = RankerScorer(run.experiment, load_zero_shot(run), run.packers, zero_shot=True, memory=TextMemory())
    model = RankerScorer(run.experiment, run.ranker, run.packers, outputs=run.outputs, memory=TextMemory())
    training = None if prepared.pages is None else prepared.pages.split("train")
    others = baselines(training, prepared.items, run.experiment.data.log)
    return {"model": model, "zero-shot": zero_shot, **others}
