"""How likely each position is looked at."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from trainer.errors import InputError
from trainer.written import write_text

EXAMINATION = "examination.json"
SHOWN_POSITIONS = 20


@dataclass(frozen=True)
class ExaminationCurve:
    """Examination of positions 1..K, relative to position 1.

    Attributes:
        source: where it comes from: ``tower``, ``given``, ``regression_em``, ``boosted_regression_em``.
        examination: float64 [K], above 0, the first is 1.
        impressions: training impressions at each position, int64 [K].
    """

    source: str
    examination: np.ndarray
    impressions: np.ndarray

    @classmethod
    def of(cls, source: str, examination: np.ndarray, positions: np.ndarray) -> "ExaminationCurve":
        """Relate examination to that of position 1 and carry it on to the deepest position of the log.

        Args:
            source: where it comes from.
            examination: float [K], above 0, at positions 1..K.
            positions: of the training impressions, int [M], 0 where unknown.
        """
        known = np.asarray(examination, np.float64)
        deepest = max(len(known), int(positions.max(initial=1)))
        whole = np.concatenate([known, np.full(deepest - len(known), known[-1])])
        return cls(source, whole / whole[0], np.bincount(positions, minlength=deepest + 1)[1:].astype(np.int64))

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Examination at positions from 1; deeper ones than K are as K.

        Args:
            positions: int [n], 1 or more.

        Returns:
            float64 [n]
        """
        return self.examination[np.clip(positions, 1, len(self.examination)) - 1]

    def save(self, folder: Path) -> None:
        """Write ``examination.json``, as a whole or not at all."""
        content = {
            "source": self.source,
            "position": list(range(1, len(self.examination) + 1)),
            "examination": [round(float(value), 6) for value in self.examination],
            "impressions": self.impressions.tolist(),
        }
        write_text(folder / EXAMINATION, json.dumps(content, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "ExaminationCurve | None":
        """Read what `save` wrote; None where there is nothing.

        Raises:
            InputError: if the file is damaged.
        """
        path = folder / EXAMINATION
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            examination, impressions = (np.asarray(found[key]) for key in ("examination", "impressions"))
            if examination.shape != impressions.shape or not (examination.astype(np.float64) > 0).all():
                raise ValueError("examination and impressions do not fit")
            return cls(str(found["source"]), examination.astype(np.float64), impressions.astype(np.int64))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:120]}); train again") from None

    def show(self, console: Console) -> None:
        """Print the curve as a small table."""
        table = Table(title=f"examination by position ({self.source}), relative to position 1")
        for name in ("position", "examination", "training impressions"):
            table.add_column(name, justify="right")
        for index in range(min(len(self.examination), SHOWN_POSITIONS)):
            table.add_row(str(index + 1), f"{self.examination[index]:.3f}", f"{self.impressions[index]:,}")
        console.print(table)
        if len(self.examination) > SHOWN_POSITIONS:
            rest = len(self.examination) - SHOWN_POSITIONS
            console.print(f"{rest:,} deeper positions are in {EXAMINATION}", highlight=False)
