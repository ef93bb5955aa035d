"""Data that a benchmark makes up for itself, in a folder of its own."""

from pathlib import Path
from typing import Any

from tools.benchmarks.figures import NotHere
from tools.simulate import SimulateConfig, simulate
from trainer.config import Experiment, validate_section
from trainer.data.prepared import Prepared, prepare
from trainer.errors import InputError
from trainer.text.backbone import looks_like_folder


def moved(experiment: Experiment, folder: Path) -> Experiment:
    """The experiment with its tables in another folder."""
    tables = ("items", "search_log", "users", "judgments")
    paths = {name: folder / "data" / f"{name}.parquet" for name in tables if getattr(experiment.data, name) is not None}
    data = experiment.data.model_copy(update={**paths, "prepared": folder / "prepared"})
    return experiment.model_copy(update={"data": data})


def simulated_data(config: Path, experiment: Experiment, otherwise: str = "", **settings: Any) -> Prepared:
    """Simulate and prepare the data of an experiment, where they can be used at all.

    Args:
        config: its file, for the errors.
        experiment: what `moved` gives.
        otherwise: what one can do without the backbone's weights, behind the error of their absence.
        settings: in place of those of the section ``simulate``.

    Raises:
        NotHere: if the backbone's weights are not here.
        InputError: if the experiment is wrong or simulates nothing.
    """
    if experiment.simulate is None:
        raise InputError(f"{config}: has no section 'simulate', which this benchmark takes its data from")
    backbone = experiment.encoder.backbone
    if looks_like_folder(backbone) and not Path(backbone).is_dir():
        raise NotHere(f"no folder {backbone}; fetch the weights with `python -m tools.weights`{otherwise}")
    section = validate_section(SimulateConfig, {**experiment.simulate, **settings}, f"{config}: simulate")
    simulate(section, experiment.data.items.parent, experiment.seed, progress=False)
    return prepare(experiment, progress=False)
