"""What one run cost, kept in its folder."""

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainer.errors import InputError

COST = "cost.json"


@dataclass(frozen=True)
class RunCost:
    """What one run cost.

    Attributes:
        training_seconds: None where an earlier process trained a part of it.
        evaluation_seconds: the model beside the baselines.
        peak_memory_mb: most memory that the process held.
        gpu_memory_mb: most memory of the first GPU; None without one.
        machine: see `tools.benchmarks.machine.describe_machine`.
    """

    training_seconds: float | None
    evaluation_seconds: float
    peak_memory_mb: float
    gpu_memory_mb: float | None
    machine: dict[str, Any]

    def save(self, folder: Path) -> None:
        """Write it as a whole or not at all."""
        temporary = folder / f".{COST}"
        temporary.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        temporary.replace(folder / COST)

    @classmethod
    def load(cls, folder: Path) -> "RunCost":
        """Read it.

        Raises:
            InputError: if the file is missing or damaged.
        """
        try:
            return cls(**json.loads((folder / COST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{folder / COST}: missing or damaged ({error}); delete it and run the study again"
            ) from None


def peak_memory_mb() -> float:
    """Most memory that this process held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)
