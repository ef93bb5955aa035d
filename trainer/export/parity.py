"""The proof that a bundle scores as the trainer does."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.scores import Scores

PAGES_A_BATCH = 8


class ParityError(InputError):
    """The bundle does not score as the trainer does; nothing was published."""


@dataclass(frozen=True)
class Parity:
    """What the comparison found.

    Attributes:
        pages: compared.
        candidates: compared.
        max_difference: the largest absolute difference of score, ctr, cvr or ctcvr; of a score above 1 in proportion.
        order_differences: neighbours that the bundle orders against the trainer although their scores differ by more than the
            tolerance.
        tolerance: what was allowed.
        model_code_loaded: modules of the model's Python code that the process with the bundle had imported; none.
    """

    pages: int
    candidates: int
    max_difference: float
    order_differences: int
    tolerance: float
    model_code_loaded: list[str]

    def as_dict(self) -> dict[str, object]:
        """For the manifest."""
        return asdict(self)


def batches_of(pages: Pages) -> list[np.ndarray]:
    """Pages in groups of different sizes, one page alone first, so that padding and batching are compared too."""
    edges = [1, *range(1 + PAGES_A_BATCH, len(pages), PAGES_A_BATCH)]
    return [part for part in np.split(np.arange(len(pages)), edges) if len(part)]


def check_parity(
    bundle: Path,
    pages: Pages,
    scores: Scores,
    item_ids: np.ndarray,
    requests: list[dict[str, np.ndarray]],
    tolerance: float,
) -> Parity:
    """Score the pages with the bundle in a fresh process and compare.

    Args:
        bundle: a SavedModel folder.
        pages: the pages.
        scores: the trainer's.
        item_ids: ids by row of the items table.
        requests: of the groups that `batches_of` gives.
        tolerance: the largest difference allowed.

    Returns:
        The figures.

    Raises:
        ParityError: if a score differs by more, the order differs, or the bundle can't be run.
    """
    work = bundle.parent / f".parity-{os.getpid()}"
    work.mkdir()
    sent, got = work / "pages.npz", work / "scores.npz"
    try:
        inputs: dict[str, Any] = {f"{b}/{name}": v for b, request in enumerate(requests) for name, v in request.items()}
        with sent.open("wb") as file:
            np.savez(file, **inputs)
        command = [sys.executable, "-m", "trainer.export.parity_check", str(bundle), str(sent), str(got)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ParityError(f"{bundle}: the bundle can't be run in a fresh process: {reason}")
        with np.load(got, allow_pickle=False) as result:
            parity = _compare(pages, scores, item_ids, dict(result), tolerance)
    finally:
        for left in (sent, got):
            left.unlink(missing_ok=True)
        work.rmdir()
    if parity.max_difference > tolerance or parity.order_differences or parity.model_code_loaded:
        raise ParityError(
            f"{bundle}: scores differ from the trainer's by up to {parity.max_difference:.3g} (allowed {tolerance:g}), "
            f"{parity.order_differences} neighbours are in another order; not published"
        )
    return parity


def _compare(
    pages: Pages, scores: Scores, item_ids: np.ndarray, result: dict[str, np.ndarray], tolerance: float
) -> Parity:
    worst, swapped = 0.0, 0
    ids = item_ids[pages.item].astype(str)
    for number, group in enumerate(batches_of(pages)):
        answers = np.char.decode(result[f"{number}/item_id"], "utf-8")
        for row, page in enumerate(group):
            part = slice(pages.offset[page], pages.offset[page + 1])
            expected = ids[part]
            answered = answers[row, : len(expected)]
            if sorted(answered) != sorted(expected):
                raise ParityError(f"page {pages.table['request_id'].iloc[page]}: the bundle answered other items")
            place = np.argsort(expected, kind="stable")
            mine = place[np.searchsorted(expected[place], answered)]
            # A score may be any number; above 1 its differences count in proportion.
            size = np.maximum(np.abs(scores.score[part][mine]), 1.0)
            for name in ("score", "ctr", "cvr", "ctcvr"):
                values = getattr(scores, name)
                if values is None:
                    continue
                difference = np.abs(values[part][mine] - result[f"{number}/{name}"][row, : len(expected)])
                if name == "score":
                    difference = difference / size
                worst = max(worst, float(difference.max()))
            ordered = scores.score[part][mine]
            swapped += int((np.diff(ordered) > tolerance * np.maximum(size[1:], size[:-1])).sum())
    return Parity(
        pages=len(pages),
        candidates=len(pages.item),
        max_difference=worst,
        order_differences=swapped,
        tolerance=tolerance,
        model_code_loaded=json.loads(str(result["loaded"])),
    )
