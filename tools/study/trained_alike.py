"""What several runs would learn alike is learned once."""

import os
import shutil
from pathlib import Path
from typing import Any

from tools.study.cost import COST
from tools.study.plan import TABLES
from trainer.config import Experiment, load_experiment
from trainer.debiasing.examination_curve import EXAMINATION
from trainer.errors import InputError
from trainer.text.backbone import ARCHITECTURE
from trainer.training.run import BEST, CONFIG, FINISHED, HISTORY, SPELLING, STATISTICS, write_config

LEARNED = (ARCHITECTURE, STATISTICS, HISTORY, EXAMINATION, BEST, FINISHED)
LEARNED_FOLDERS = (SPELLING, "tensorboard")
AFTER_TRAINING = {"calibration", "evaluate", "export", "collaborative", "retrieval", "channels", "lists"}


def take_weights(experiment: Experiment) -> Path | None:
    """Copy what another run of a study has learned, if it learned from the same data in the same way.

    Args:
        experiment: with its run folder at ``<studies>/<study>/<variant>/seed-<n>``.

    Returns:
        The folder of the other run; None where there is none, or this run has begun itself.
    """
    folder = experiment.run_folder
    if (folder / CONFIG).exists():
        return None
    wanted = _what_it_learns(experiment)
    for config in sorted(folder.parents[2].glob(f"*/*/{folder.name}/{CONFIG}")):
        other = config.parent
        try:
            same = (other / COST).is_file() and _what_it_learns(load_experiment(config)) == wanted
        except InputError:
            continue
        if same:
            _copy(other, experiment)
            return other
    return None


def _what_it_learns(experiment: Experiment) -> dict[str, Any]:
    """The settings that a training depends on; tables that are simulated alike are the same wherever they lie."""
    settings = experiment.model_dump(mode="json", exclude={"name", "runs", *AFTER_TRAINING})
    data = settings["data"]
    del data["prepared"]
    if experiment.simulate is not None:
        simulated = experiment.data.items.parent
        for name in TABLES:
            path = getattr(experiment.data, name)
            if path is not None and path.parent == simulated:
                data[name] = path.name
    return settings


def _copy(source: Path, experiment: Experiment) -> None:
    """Make the run folder as a whole or not at all."""
    folder = experiment.run_folder
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name in LEARNED:
        if (source / name).is_file():
            shutil.copy2(source / name, temporary / name)
    for name in LEARNED_FOLDERS:
        if (source / name).is_dir():
            shutil.copytree(source / name, temporary / name)
    write_config(temporary, experiment)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
