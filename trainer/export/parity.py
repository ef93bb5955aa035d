"""The proof that a bundle answers as the trainer does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from trainer.data.pages import Pages
from trainer.evaluation.scores import Scores
from trainer.export.fresh_process import Arrays, ParityError, answers_of
from trainer.export.list_parity import ListParity, compare_lists
from trainer.export.trainer_lists import TrainerLists

__all__ = ["Parity", "ParityError", "batches_of", "check_parity"]

PAGES_A_BATCH = 8


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
        lists: what the comparison of the lists found; None where the bundle makes none.
    """

    pages: int
    candidates: int
    max_difference: float
    order_differences: int
    tolerance: float
    model_code_loaded: list[str]
    lists: ListParity | None = None

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
    requests: Sequence[Arrays],
    tolerance: float,
    lists: TrainerLists | None = None,
) -> Parity:
    """Ask the bundle in a fresh process for the pages and lists, and compare.

    Args:
        bundle: a SavedModel folder.
        pages: the pages.
        scores: the trainer's.
        item_ids: ids by row of the items table.
        requests: of the groups that `batches_of` gives.
        tolerance: the largest difference allowed.
        lists: the trainer's, where the bundle makes lists.

    Returns:
        The figures.

    Raises:
        ParityError: if a score differs by more, the order differs, or the bundle can't be run.
    """
    fresh = answers_of(bundle, {"rank": requests, **({} if lists is None else lists.requests)})
    parity = _compare(pages, scores, item_ids, fresh.outputs["rank"], fresh.model_code_loaded, tolerance)
    if parity.max_difference > tolerance or parity.order_differences or parity.model_code_loaded:
        raise ParityError(
            f"{bundle}: scores differ from the trainer's by up to {parity.max_difference:.3g} (allowed {tolerance:g}), "
            f"{parity.order_differences} neighbours are in another order; not published"
        )
    if lists is None:
        return parity
    try:
        return replace(parity, lists=compare_lists(lists, fresh.outputs, tolerance))
    except ParityError as error:
        raise ParityError(f"{bundle}: {error}; not published") from None


def _compare(
    pages: Pages,
    scores: Scores,
    item_ids: np.ndarray,
    answers: Sequence[Arrays],
    model_code_loaded: list[str],
    tolerance: float,
) -> Parity:
    worst, swapped = 0.0, 0
    ids = item_ids[pages.item].astype(str)
    for group, answer in zip(batches_of(pages), answers, strict=True):
        for row, page in enumerate(group):
            part = slice(pages.offset[page], pages.offset[page + 1])
            expected = ids[part]
            answered = answer["item_id"][row, : len(expected)]
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
                difference = np.abs(values[part][mine] - answer[name][row, : len(expected)])
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
        model_code_loaded=model_code_loaded,
    )
