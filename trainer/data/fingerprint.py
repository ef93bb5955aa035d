"""What prepared data depends on, as one hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from trainer.config import Experiment
from trainer.data.parts import parts_of
from trainer.data.sources import source_files
from trainer.errors import InputError
from trainer.score.columns import undeclared_columns

FORMAT = 1
"""Raised when the same tables and settings give other pages than before."""
PATHS = {"prepared", "items", "search_log", "users", "judgments", "impressions", "clicks", "orders"}


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_sources(experiment: Experiment, parts: dict[str, list[Path]] | None = None) -> dict[str, dict[str, Any]]:
    """Path, size and SHA-256 of each file by table; of parts the number, the size of all and one SHA-256 over theirs.

    Args:
        experiment: which names the files.
        parts: the files that were read, by table; those that are there now where not given.

    Raises:
        InputError: naming all files that are missing.
    """
    files = source_files(experiment.data)
    read = {table: parts_of(path) for table, path in files.items()} if parts is None else parts
    missing = [
        f"{files[table]}: no such file (table {table})"
        for table, paths in read.items()
        if not paths or not all(path.is_file() for path in paths)
    ]
    if missing:
        raise InputError("; ".join(missing))
    return {table: {"path": str(files[table]), **_contents(files[table], paths)} for table, paths in read.items()}


def _contents(path: Path, parts: list[Path]) -> dict[str, Any]:
    found: dict[str, Any] = {"bytes": sum(part.stat().st_size for part in parts)}
    if parts == [path]:
        return found | {"sha256": sha256(path)}
    whole = "".join(map(sha256, parts))
    return found | {"sha256": hashlib.sha256(whole.encode()).hexdigest(), "parts": len(parts)}


def settings(experiment: Experiment) -> dict[str, Any]:
    """The parts of an experiment that prepared data depends on, without paths."""
    columns = [f.name for f in undeclared_columns(experiment)]
    keys = {"name", "column", "loss", "on"}
    tasks = [task.model_dump(mode="json", include=keys) for task in experiment.tasks]
    return (
        ({"score_columns": columns} if columns else {})
        | ({"tasks": tasks} if tasks else {})
        | ({"continues": experiment.incremental.base_data} if experiment.incremental.base else {})
        | {
            "format": FORMAT,
            "seed": experiment.data_seed,
            "data": _without_paths(experiment.data.model_dump(mode="json", exclude={"seed"})),
            "features": experiment.features.model_dump(mode="json"),
        }
    )


def data_hash(experiment: Experiment, sources: dict[str, dict[str, Any]]) -> str:
    """One hash over settings and the contents of the files, hexadecimal."""
    contents = {table: source["sha256"] for table, source in sources.items()}
    whole = json.dumps({"settings": settings(experiment), "sources": contents}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _without_paths(section: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in section.items() if key not in PATHS}
    return {key: _without_paths(value) if isinstance(value, dict) else value for key, value in kept.items()}
