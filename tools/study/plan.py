"""All runs of a study, checked before the first one starts."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.simulate import SimulateConfig
from tools.study.config import StudyConfig, VariantConfig
from trainer.config import Experiment, load_experiment, read_yaml, validate_section
from trainer.data.fingerprint import settings
from trainer.errors import InputError

TABLES = ("items", "search_log", "users", "judgments")
RUN_CONFIG = "config.yaml"


@dataclass(frozen=True)
class PlannedRun:
    """One variant with one seed.

    Attributes:
        variant: its name.
        seed: of the run.
        experiment: with run, tables and prepared pages in the folder of the study.
    """

    variant: str
    seed: int
    experiment: Experiment

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.experiment.run_folder

    @property
    def config(self) -> Path:
        """The experiment as a file, beside the run folder."""
        return self.folder.with_name(f"{self.folder.name}.yaml")

    @property
    def log(self) -> Path:
        """What the run prints, beside the run folder."""
        return self.folder.with_name(f"{self.folder.name}.log")


def read_study(path: Path) -> StudyConfig:
    """Read a study.

    Args:
        path: the YAML file.

    Raises:
        InputError: if the file can't be read, or a key or value is wrong.
    """
    return validate_section(StudyConfig, read_yaml(path), str(path))


def plan_runs(study: StudyConfig, where: Path) -> list[PlannedRun]:
    """Check every run of a study.

    Runs of a seed whose tables, settings and data seed are the same share one folder of data: that of the first of them.

    Args:
        study: which.
        where: its file, which errors name.

    Returns:
        The runs, seed by seed, so that a study that is cut short has all variants of its first seeds.

    Raises:
        InputError: naming everything that is wrong with any of the runs.
    """
    faults: dict[str, None] = {}
    runs = []
    labels: dict[str, str] = {}
    for seed in study.seeds:
        data_label = f"seed-{seed}" if study.data == "per_seed" else "shared"
        for variant in study.variants:
            try:
                experiment = _experiment(study, variant, seed)
            except InputError as error:
                faults[f"variant {variant.name}: {error}"] = None
                continue
            label = data_label if data_label not in labels.values() else f"{data_label}-{variant.name}"
            label = labels.setdefault(_recipe(experiment), label)
            runs.append(PlannedRun(variant.name, seed, _placed(experiment, study.folder / "data" / label)))
    faults |= dict.fromkeys(fault for run in runs for fault in _foreign(run))
    if faults:
        raise InputError(f"{where}: {'; '.join(faults)}")
    return runs


def _experiment(study: StudyConfig, variant: VariantConfig, seed: int) -> Experiment:
    """A variant with a seed; its data still lie where its config puts them."""
    config = variant.config or study.config
    base = load_experiment(study.config, _written(study.overrides))
    experiment = load_experiment(config, _written({**study.overrides, **variant.overrides}))
    simulated = experiment.simulate
    if simulated is None and experiment.data.items.parent == base.data.items.parent:
        simulated = base.simulate
    if simulated is not None:
        _check_source(validate_section(SimulateConfig, simulated, f"{config}: simulate"))
    data_seed = seed if study.data == "per_seed" else base.seed
    folder = study.folder / variant.name
    changes = {
        "name": f"seed-{seed}",
        "seed": seed,
        "runs": folder,
        "simulate": simulated,
        "data": experiment.data.model_copy(update={"seed": data_seed}),
        "export": experiment.export.model_copy(update={"models": folder / "models"}),
    }
    return experiment.model_copy(update=changes)


def _recipe(experiment: Experiment) -> str:
    """What tables and prepared pages follow from."""
    tables = [str(getattr(experiment.data, name)) for name in TABLES]
    return json.dumps([experiment.simulate, settings(experiment), tables], sort_keys=True, default=str)


def _placed(experiment: Experiment, folder: Path) -> Experiment:
    """The experiment with simulated tables and prepared pages in a folder; other tables stay where they are."""
    tables: dict[str, Path] = {}
    if experiment.simulate is not None:
        given = {name: getattr(experiment.data, name) for name in TABLES}
        simulated = experiment.data.items.parent
        tables = {n: folder / "tables" / p.name for n, p in given.items() if p is not None and p.parent == simulated}
    data = experiment.data.model_copy(update={**tables, "prepared": folder / "prepared"})
    return experiment.model_copy(update={"data": data})


def _check_source(section: SimulateConfig) -> None:
    if section.source == "judgments" and section.judgments is not None and not section.judgments.path.is_file():
        raise InputError(f"simulate.judgments.path: {section.judgments.path}: no such file")


def _written(overrides: dict[str, Any]) -> list[str]:
    """Overrides as the command line has them; JSON is YAML."""
    return [f"{key}={json.dumps(value)}" for key, value in overrides.items()]


def trains_alike(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments differ in nothing but what is done after training."""
    later = {"evaluate": one.evaluate, "export": one.export}
    return one == other.model_copy(update=later)


def _foreign(run: PlannedRun) -> list[str]:
    """What is wrong with a run folder that is there already."""
    if not (run.folder / RUN_CONFIG).is_file():
        return []
    try:
        same = trains_alike(load_experiment(run.folder / RUN_CONFIG), run.experiment)
    except InputError as error:
        return [str(error)]
    advice = "delete the folder, or name the variant or the study otherwise"
    return [] if same else [f"{run.folder}: holds a run with another configuration; {advice}"]
