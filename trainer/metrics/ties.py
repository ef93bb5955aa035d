"""Groups of equal scores."""

import numpy as np


def ascending(score: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sort by score, ascending; arrays that are sorted already are passed on.

    Args:
        score: float [M]
        others: arrays [M] that go along.

    Returns:
        The start of each group of equal scores, int64 [G], the sorted scores and the others.
    """
    step = np.diff(score)
    if (step < 0).any():
        order = np.argsort(score, kind="stable")
        score, *rest = (values[order] for values in (score, *others))
        step = np.diff(score)
        others = tuple(rest)
    starts = np.concatenate([[0], np.flatnonzero(step != 0) + 1]) if len(score) else np.zeros(0, np.int64)
    return starts, score, *others


def tie_places(score: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last place on its page that an impression can take when equal scores may stand in any order.

    Args:
        score: float [M], higher is better.
        offset: int64 [P + 1]; the impressions of page p are ``offset[p]:offset[p + 1]``.

    Returns:
        First and last place, int64 [M] each, 0 is the top.
    """
    page = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    order = np.lexsort((-score, page))
    sorted_score, top = score[order], offset[page]
    new = np.ones(len(score), bool)
    new[1:] = (sorted_score[1:] != sorted_score[:-1]) | (page[1:] != page[:-1])
    starts = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    ends = np.append(starts[1:], len(score)) - 1
    first, last = np.empty(len(score), np.int64), np.empty(len(score), np.int64)
    first[order] = starts[group] - top
    last[order] = ends[group] - top
    return first, last


def sum_by_page(values: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Sums over the impressions of each page.

    Args:
        values: [M]
        offset: int64 [P + 1]

    Returns:
        float64 [P]
    """
    page = np.repeat(np.arange(len(offset) - 1), np.diff(offset))
    return np.bincount(page, weights=values, minlength=len(offset) - 1)


def sum_by_tie(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sums over groups of equal scores.

    Args:
        values: float [M], sorted by score.
        starts: int64 [G], where each group begins; the first is 0.

    Returns:
        float64 [G]
    """
    if len(starts) == len(values):
        return values
    # Differences of cumulative sums take a fifth of the time of np.add.reduceat where groups are short.
    sums = np.cumsum(values)[np.append(starts[1:], len(values)) - 1]
    return np.diff(sums, prepend=0.0)
