"""Finished runs of the small study, with drawn scores in place of a trained model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from study_job import Job, write_job

from tools.benchmarks.machine import describe_machine
from tools.simulate import SimulateConfig, simulate
from tools.study.cost import RunCost
from tools.study.plan import PlannedRun, plan_runs, read_study
from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.config import validate_section
from trainer.data.pages import Pages
from trainer.data.prepared import ensure_prepared
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.robustness import add_robustness, save_rewritten
from trainer.evaluation.scores import Scores
from trainer.evaluation.truth import judge_by_truth
from trainer.training.run import write_config


def make_job(folder: Path) -> Job:
    """The study with all of its runs, finished."""
    job = write_job(folder, folder)
    for number, run in enumerate(plan_runs(read_study(job.path), job.path)):
        make_run(run, number)
    return job


def make_run(run: PlannedRun, number: int) -> None:
    """Write what training and evaluation leave, on data as the study makes them."""
    experiment, config = run.experiment, run.experiment.evaluate
    section = validate_section(SimulateConfig, experiment.simulate, "simulate")
    simulate(section, experiment.data.items.parent, experiment.data_seed, progress=False)
    prepared = ensure_prepared(experiment, progress=False)
    random = np.random.default_rng(number)

    def drawn(pages: Pages, items: pd.DataFrame) -> Scores:
        ctr, cvr = random.uniform(0.01, 0.9, (2, len(pages.item))).astype(np.float32)
        return Scores(score=ctr * cvr, ctr=ctr, cvr=cvr, ctcvr=ctr * cvr)

    pages, judged = prepared.pages.split("test"), prepared.judged.split("test")
    result = evaluate({"model": drawn, "BM25": drawn}, pages, judged, prepared.items, config, "test", run.seed)
    judge_by_truth(result, experiment.data, None, pages, config, run.seed)
    sides, slips = {"log": pages, "judged": judged}, {"typo": KeyboardTypos()}
    rewritten = add_robustness(result, {"model": drawn}, sides, prepared.items, slips, config, run.seed)
    run.folder.mkdir(parents=True)
    write_config(run.folder, experiment)
    result.save(run.folder)
    save_rewritten(run.folder, rewritten)
    seconds = random.uniform(0.1, 0.5, 5)
    history = [{"step": 10 * n, "loss": 1.0, "seconds_per_step": s} for n, s in enumerate(seconds, 1)]
    (run.folder / "history.json").write_text(json.dumps([*history, {"step": 0, "valid.gauc": 0.5}]))
    counts = {"backbone": 1000, "backbone_share": 1.0 if run.variant == "slow" else 0.02}
    (run.folder / "finished.json").write_text(json.dumps({"steps": 50, "best": None, "parameters": counts}))
    RunCost(60.0 + number, 5.0, 1200.0, None, describe_machine()).save(run.folder)
