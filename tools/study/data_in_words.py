"""What the runs of a study learned from and were measured on."""

import json
from typing import Any

from tools.study.finished import FinishedRun, FinishedStudy
from trainer.config import Experiment

SIMULATED = "simulate.json"


def data_in_words(finished: FinishedStudy) -> str:
    """One paragraph: config, data, split, seeds, test pages of the first run of the reference."""
    study = finished.study
    seeds = ", ".join(map(str, study.seeds))
    shared = {
        "per_seed": "each seed has a log, a split and negatives of its own, the same for all variants",
        "shared": "all seeds share one log and one split and differ in the training only",
    }[study.data]
    sentences = [f"Data: `{study.config}`. Seeds {seeds}: {shared}."]
    runs = [*finished.reference.values(), *finished.runs]
    if runs:
        sentences += [*_simulated(runs[0].plan.experiment), *_tested(runs[0])]
    return " ".join(sentences)


def _simulated(experiment: Experiment) -> list[str]:
    path = experiment.data.items.parent / SIMULATED
    if experiment.simulate is None or not path.is_file():
        return []
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rates = facts["rates"]
    source = "real queries and items" if experiment.simulate.get("source") == "judgments" else "a made-up catalogue"
    return [
        f"Clicks and purchases are simulated over {source}: {facts['pages']:,} pages, {facts['queries']:,} queries, "
        f"{rates['click_rate']:.2%} of the impressions clicked, {rates['purchase_rate']:.2%} bought."
    ]


def _tested(run: FinishedRun) -> list[str]:
    counts = run.evaluation["counts"]
    names = {"log": "of the log", "judged": "of judgments"}
    shown = [
        f"{count['pages']:,} pages {names.get(source, source)} ({count['queries']:,} queries)"
        for source, count in counts.items()
    ]
    split = run.plan.experiment.data.split.by
    parted = "parted by time" if split == "time" else "whose queries training has not seen"
    return [f"Test, seed {run.plan.seed}: {' and '.join(shown)}, {parted}."]
