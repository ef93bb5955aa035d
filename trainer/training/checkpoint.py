"""The state of a run on disk, replaced as a whole."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import InputError
from trainer.written import replacing


def save_state(path: Path, variables: list[Any], progress: dict[str, Any]) -> None:
    """Write variables and progress; a kill at any moment leaves the old file or the new one.

    Args:
        path: a ``.npz`` file.
        variables: Keras variables, in a fixed order (weights, seeds, moments).
        progress: what JSON can hold.
    """
    arrays: dict[str, Any] = {f"v{i}": np.asarray(v.value, dtype=_storable(v)) for i, v in enumerate(variables)}
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, progress=np.array(json.dumps(progress)), **arrays)
        file.flush()
        os.fsync(file.fileno())


def load_state(path: Path, variables: list[Any]) -> dict[str, Any]:
    """Read what `save_state` wrote into the variables.

    Args:
        path: the file.
        variables: the same variables in the same order.

    Returns:
        The progress.

    Raises:
        InputError: if the file is damaged or belongs to another model.
    """
    try:
        with np.load(path, allow_pickle=False) as state:
            names = [name for name in state.files if name != "progress"]
            values = [state[f"v{i}"] for i in range(len(names))]
            progress = json.loads(str(state["progress"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: damaged checkpoint ({error}); delete the run folder and train again") from None
    shapes, expected = [v.shape for v in values], [tuple(v.shape) for v in variables]
    if shapes != expected:
        raise InputError(f"{path}: made by another configuration; delete the run folder or choose another name")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return progress


def _storable(variable: Any) -> str:
    return "float32" if "bfloat16" in str(variable.dtype) else str(variable.dtype)
