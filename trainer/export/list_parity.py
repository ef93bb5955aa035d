"""The lists of a bundle against the trainer's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.export.fresh_process import Arrays, ParityError
from trainer.export.trainer_lists import TrainerLists

FIGURES = ("score", "ctr", "cvr", "ctcvr")


@dataclass(frozen=True)
class ListParity:
    """What the comparison of lists found.

    Attributes:
        signatures: that were asked.
        lists: compared, of all signatures.
        items: shown in them.
        max_difference: the largest absolute difference of score, ctr, cvr, ctcvr or propensity to the trainer, before it saved
            and by its scorer; of a score above 1 in proportion.
        order_differences: positions with other items although the scores there differ by more than the tolerance.
        other_channels: items that came by other channels.
    """

    signatures: list[str]
    lists: int
    items: int
    max_difference: float
    order_differences: int
    other_channels: int

    @classmethod
    def of_manifest(cls, parity: Mapping[str, Any]) -> "ListParity | None":
        """What the ``parity`` of a manifest holds of lists; None where the bundle makes none."""
        return None if parity["lists"] is None else cls(**parity["lists"])

    @property
    def in_words(self) -> str:
        """A line for people."""
        return (
            f"the bundle makes the trainer's {self.lists:,} lists ({', '.join(self.signatures)}) of {self.items:,} items, "
            f"scores within {self.max_difference:.1e}"
        )


def compare_lists(trainer: TrainerLists, bundle: Mapping[str, Sequence[Arrays]], tolerance: float) -> ListParity:
    """Compare lists.

    Args:
        trainer: what has to come.
        bundle: what came, by signature, one for each batch.
        tolerance: the largest difference allowed.

    Returns:
        The figures.

    Raises:
        ParityError: if a list differs; it names the first signature.
    """
    signatures = list(trainer.requests)
    worst, swapped, channels, lists, items = 0.0, 0, 0, 0, 0
    for kind in signatures:
        for expected, scores, found in zip(trainer.answers[kind], trainer.scores[kind], bundle[kind], strict=True):
            if expected["item_id"].shape != found["item_id"].shape:
                shapes = f"{found['item_id'].shape}, the trainer's {expected['item_id'].shape}"
                raise ParityError(f"lists of {kind} have the shape {shapes}")
            one = _Compared.of(expected, scores, found, tolerance)
            if one.difference > tolerance or one.swapped or one.channels:
                raise ParityError(
                    f"lists of {kind} differ from the trainer's: scores by up to {one.difference:.3g} (allowed "
                    f"{tolerance:g}), {one.swapped} positions have other items, {one.channels} items other channels"
                )
            worst, swapped = max(worst, one.difference), swapped + one.swapped
            channels += one.channels
            lists += len(found["item_id"])
            items += int((found["item_id"] != "").sum())
    return ListParity(signatures, lists, items, worst, swapped, channels)


@dataclass(frozen=True)
class _Compared:
    difference: float
    swapped: int
    channels: int

    @classmethod
    def of(cls, expected: Arrays, scores: Arrays, found: Arrays, tolerance: float) -> "_Compared":
        ids, other = expected["item_id"], found["item_id"]
        # A score may be any number; above 1 its differences count in proportion.
        size = np.maximum(np.abs(expected["score"]), 1.0)
        same = ids == other
        apart = _apart(expected["score"], found["score"]) / size
        swapped = ~same & ((apart > tolerance) | (ids == "") | (other == ""))
        # Items that changed places are compared where they are.
        matches = (ids[:, :, None] == other[:, None, :]) & (ids != "")[:, :, None]
        there, place = matches.any(axis=2), matches.argmax(axis=2)
        moved = {name: np.take_along_axis(values, place, axis=1) for name, values in found.items()}
        differences = [
            np.where(there, _apart(values[name], moved[name]) / (size if name == "score" else 1.0), 0.0)
            for values in (expected, scores)
            for name in FIGURES
            if name in values
        ]
        differences.append(np.where(same, _apart(expected["propensity"], found["propensity"]), 0.0))
        largest = max(float(each.max(initial=0.0)) for each in differences)
        channels = there & (expected["channels"] != moved["channels"])
        return cls(largest, int(swapped.sum()), int(channels.sum()))


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Absolute differences; infinite where only one is a number."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(one - other)
    equal = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(equal, 0.0, np.where(np.isnan(difference), np.inf, difference))
