"""The experiment that goes on from a finished run with new days."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from trainer.config import Experiment, load_experiment
from trainer.data.fingerprint import data_hash, describe_sources
from trainer.data.prepared import MARKER
from trainer.errors import InputError
from trainer.model.ranker import Ranker
from trainer.training.run import BEST, CHECKPOINT, CONFIG, FINISHED, read_json, read_run_config

FIXED = ("encoder", "model", "features", "tasks")
"""Sections that the weights of the run are shaped by."""
SET_HERE = ("incremental.base", "incremental.base_data", "data.split.by", "data.events")


def continued_experiment(
    run: Path,
    search_log: Path,
    items: Path | None = None,
    judgments: Path | None = None,
    overrides: Sequence[str] = (),
) -> Experiment:
    """The experiment of a run with the tables of new days.

    It is the run's own, with the next name (``shop`` is followed by ``shop-2``), the new tables, a split by time of the new
    days, and prepared data in its own run folder.

    Args:
        run: what ``shelfrank train`` wrote, finished.
        search_log: table of impressions of the days since.
        items: table of items; by default that of the run, read again.
        judgments: table of human judgments; by default that of the run, read again.
        overrides: ``key=value``, of sections that the weights do not depend on.

    Raises:
        InputError: if the folder is no finished run, an override is wrong, a table is missing, or the new run folder holds a
            run of another configuration or of other tables.
    """
    earlier = read_run_config(run)
    if not (run / FINISHED).is_file():
        raise InputError(f"{run}: training has not finished; run `shelfrank train` again before it is continued")
    for override in overrides:
        key = override.partition("=")[0]
        if key.split(".")[0] in FIXED:
            raise InputError(
                f"{override!r}: the weights of {run} are shaped by its {key.split('.')[0]}; train anew to change it"
            )
        if key in SET_HERE:
            raise InputError(f"{override!r}: is set by --continue itself; leave it out")
    named = [override.partition("=")[2] for override in overrides if override.startswith("name=")]
    name = named[-1] if named else next_name(earlier.name)
    if name == earlier.name:
        raise InputError(
            f"name={name}: is the name of the continued run, which is never overwritten; give another name"
        )
    folders = [Path(o.partition("=")[2]) for o in overrides if o.startswith("runs=")]
    folder = (folders[-1] if folders else earlier.runs) / name
    changes = {
        "name": name,
        "data.search_log": str(search_log),
        "data.events": None,
        "data.split.by": "time",
        "data.prepared": str(folder / "prepared"),
        "incremental.base": str(run),
        "incremental.base_data": read_json(run / FINISHED).get("data_hash"),
    }
    changes |= {f"data.{n}": str(p) for n, p in (("items", items), ("judgments", judgments)) if p is not None}
    given = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    experiment = load_experiment(run / CONFIG, [*given, *overrides])
    _check_folder(experiment)
    return experiment


def _check_folder(experiment: Experiment) -> None:
    """Refuse a folder with another run before anything, its prepared data among it, is written there."""
    folder = experiment.run_folder
    wanted = data_hash(experiment, describe_sources(experiment))
    if not any((folder / name).exists() for name in (CHECKPOINT, BEST, FINISHED)):
        return
    if read_run_config(folder) != experiment:
        raise InputError(f"{folder}: holds a run with another configuration; set another name, or delete the folder")
    kept = next((path for path in (folder / FINISHED, experiment.data.prepared / MARKER) if path.is_file()), None)
    if kept is not None and read_json(kept).get("data_hash") != wanted:
        raise InputError(
            f"{folder}: holds a run of the same configuration, but its tables have changed since; set another name"
        )


def next_name(name: str) -> str:
    """``shop`` is followed by ``shop-2``, that by ``shop-3``."""
    numbered = re.fullmatch(r"(.+)-(\d+)", name)
    return f"{numbered[1]}-{int(numbered[2]) + 1}" if numbered else f"{name}-2"


def load_base_weights(ranker: Ranker, base: Path) -> None:
    """Start from the best weights of another run.

    Args:
        ranker: built alike.
        base: the run folder.

    Raises:
        InputError: if they are missing, damaged, or of another model.
    """
    try:
        ranker.load_weights(base / BEST)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"{base / BEST}: can't be continued ({reason}); they are damaged or of another model"
        ) from None
