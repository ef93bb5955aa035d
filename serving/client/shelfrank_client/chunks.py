"""Long lists in parts, and the parts' answers as one page again."""

from collections.abc import Sequence
from dataclasses import replace

from shelfrank_client.page import RankedPage
from shelfrank_client.page_query import CheckedPage

Part = dict[int, CheckedPage]
"""By the number of a page: the page with some of its candidates."""


def split(pages: Sequence[CheckedPage], most: int | None) -> list[Part]:
    """Parts of pages, each for a call of its own.

    Args:
        pages: at least one of them with candidates.
        most: candidates of a page in one part; None for any number.

    Returns:
        The first part has every page, the others those that have candidates left.
    """
    longest = max(len(page.candidates) for page in pages)
    if most is None or longest <= most:
        return [dict(enumerate(pages))]
    parts = []
    for start in range(0, longest, most):
        cut = {n: page.candidates[start : start + most] for n, page in enumerate(pages)}
        parts.append({n: replace(pages[n], candidates=ids) for n, ids in cut.items() if ids or not start})
    return parts


def merge(
    pages: Sequence[CheckedPage], parts: Sequence[Part], ranked: Sequence[Sequence[RankedPage]], k: int | None
) -> list[RankedPage]:
    """The pages out of the answers to their parts: by score, and in the order of the candidates where it is the same.

    A score does not depend on the other candidates of a page, so the order is that of the whole list.

    Args:
        pages: what was asked.
        parts: as `split` gave them.
        ranked: the pages of each part, of one model version.
        k: how many items a page to keep; all where None.
    """
    if len(parts) == 1:
        return [replace(page, items=page.items[:k]) for page in ranked[0]]
    found: list[list[RankedPage]] = [[] for _ in pages]
    for part, answers in zip(parts, ranked, strict=True):
        for number, answer in zip(part, answers, strict=True):
            found[number].append(answer)
    merged = []
    for page, answers in zip(pages, found, strict=True):
        place = {item: number for number, item in enumerate(page.candidates)}
        items = [item for answer in answers for item in answer.items]
        items.sort(key=lambda item: (-item.score, place[item.item_id]))
        merged.append(replace(answers[0], items=tuple(items[:k])))
    return merged
