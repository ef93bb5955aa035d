"""The calibration of a run folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.calibration.calibration import Calibration
from trainer.config import Experiment
from trainer.errors import InputError
from trainer.written import write_text

CALIBRATION = "calibration.json"


def write_calibration(folder: Path, calibration: Calibration | None) -> None:
    """Write it as a whole or not at all; ``null`` stands for none."""
    raw = None if calibration is None else calibration.as_dict()
    write_text(folder / CALIBRATION, json.dumps(raw, indent=2, ensure_ascii=False))


def read_calibration(folder: Path, experiment: Experiment, statistics: Mapping[str, Any]) -> Calibration | None:
    """Read it.

    Args:
        folder: a run folder.
        experiment: as it was trained.
        statistics: of the training pages.

    Returns:
        The calibration, or None where the run has none.

    Raises:
        InputError: if it is damaged, or missing although the experiment asks for one.
    """
    path = folder / CALIBRATION
    if not path.is_file():
        if experiment.calibration.method == "none":
            return None
        raise InputError(f"{folder}: not calibrated yet ({CALIBRATION} is missing); run `shelfrank calibrate {folder}`")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return None if raw is None else Calibration.from_dict(raw, experiment, statistics)
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: damaged ({reason}); run `shelfrank calibrate {folder}`") from None
