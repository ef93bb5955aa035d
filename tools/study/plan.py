"""All runs of a study, checked before the first one starts."""

import hashlib
import json
from collections.abc import Sequence
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


def plan_runs(study: StudyConfig, where: Path, only: Sequence[str] = ()) -> list[PlannedRun]:
    """Check every run of a study.

    Args:
        study: which.
        where: its file, which errors name.
        only: names of variants; all by default.

    Returns:
        The runs, seed by seed, so that a study that is cut short has all variants of its first seeds.

    Raises:
        InputError: naming everything that is wrong with any of the runs.
    """
    unknown = sorted(set(only) - {variant.name for variant in study.variants})
    if unknown:
        names = ", ".join(variant.name for variant in study.variants)
        raise InputError(f"--only {unknown[0]}: no such variant in {where}; there are {names}")
    faults: dict[str, None] = {}
    runs = []
    for seed in study.seeds:
        for variant in study.variants:
            if only and variant.name not in only:
                continue
            try:
                runs.append(_plan(study, variant, seed))
            except InputError as error:
                faults[f"variant {variant.name}: {error}"] = None
    faults |= dict.fromkeys(fault for run in runs for fault in _foreign(run))
    if faults:
        raise InputError(f"{where}: {'; '.join(faults)}")
    return runs


def _plan(study: StudyConfig, variant: VariantConfig, seed: int) -> PlannedRun:
    base = load_experiment(study.config, _written(study.overrides))
    experiment = base
    if variant.config is not None or variant.overrides:
        overrides = _written({**study.overrides, **variant.overrides})
        experiment = load_experiment(variant.config or study.config, overrides)
    simulated = experiment.simulate
    if simulated is None and experiment.data.items.parent == base.data.items.parent:
        simulated = base.simulate
    data_seed = seed if study.data == "per_seed" else base.seed
    data = experiment.data.model_copy(update={"seed": data_seed})
    if simulated is not None:
        section = validate_section(SimulateConfig, simulated, f"{variant.config or study.config}: simulate")
        _check_source(section)
        tables = study.folder / "data" / f"tables-{_digest(section.model_dump(mode='json'), data_seed)}"
        data = data.model_copy(update=_moved(experiment, tables))
    experiment = experiment.model_copy(
        update={
            "name": f"seed-{seed}",
            "seed": seed,
            "runs": study.folder / variant.name,
            "simulate": simulated,
            "data": data,
            "export": experiment.export.model_copy(update={"models": study.folder / variant.name / "models"}),
        }
    )
    paths = [str(getattr(data, name)) for name in TABLES]
    prepared = study.folder / "data" / f"prepared-{_digest(settings(experiment), paths)}"
    data = data.model_copy(update={"prepared": prepared})
    return PlannedRun(variant.name, seed, experiment.model_copy(update={"data": data}))


def _check_source(section: SimulateConfig) -> None:
    if section.source == "judgments" and section.judgments is not None and not section.judgments.path.is_file():
        raise InputError(f"simulate.judgments.path: {section.judgments.path}: no such file")


def _moved(experiment: Experiment, tables: Path) -> dict[str, Path]:
    """The paths of simulated tables in another folder; other tables stay where they are."""
    given = {name: getattr(experiment.data, name) for name in TABLES}
    simulated = experiment.data.items.parent
    return {n: tables / path.name for n, path in given.items() if path is not None and path.parent == simulated}


def _written(overrides: dict[str, Any]) -> list[str]:
    """Overrides as the command line has them; JSON is YAML."""
    return [f"{key}={json.dumps(value)}" for key, value in overrides.items()]


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:10]


def _foreign(run: PlannedRun) -> list[str]:
    """What is wrong with a run folder that is there already."""
    if not (run.folder / RUN_CONFIG).is_file():
        return []
    try:
        same = load_experiment(run.folder / RUN_CONFIG) == run.experiment
    except InputError as error:
        return [str(error)]
    advice = "delete the folder, or name the variant or the study otherwise"
    return [] if same else [f"{run.folder}: holds a run with another configuration; {advice}"]
