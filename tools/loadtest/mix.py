"""How long the lists are that are sent."""

from collections.abc import Mapping

import numpy as np

from shelfrank_client import PageQuery
from tools.pages_to_send import PagesToSend
from trainer.errors import InputError

DISTINCT = 200


def parse_mix(text: str) -> dict[int, float]:
    """The shares of list sizes, from ``24:0.7,100:0.3``.

    Args:
        text: list size and share, with commas between; shares are taken in proportion to their sum.

    Returns:
        Shares that sum to 1, by list size, the smallest first.

    Raises:
        InputError: if it is no such text.
    """
    shares: dict[int, float] = {}
    for part in text.split(","):
        size, _, share = part.partition(":")
        try:
            number, weight = int(size), float(share or "1")
        except ValueError:
            number, weight = 0, 0.0
        if number < 1 or not 0 < weight < float("inf") or number in shares:
            raise InputError(f"--mix {text}: {part!r} is no SIZE:SHARE; expected, for instance, 24:0.7,100:0.3")
        shares[number] = weight
    total = sum(shares.values())
    return {number: shares[number] / total for number in sorted(shares)}


def in_order(source: PagesToSend, mix: Mapping[int, float] | None, count: int, seed: int) -> list[PageQuery]:
    """The pages of a load, in the order in which they are sent.

    Args:
        source: what is sent.
        mix: shares of list sizes; None leaves the lists as they are.
        count: how many requests.
        seed: of the drawing.

    Returns:
        ``count`` pages: those of the source over and over, or cut and filled up to the sizes of the mix.

    Raises:
        InputError: if the pool has fewer items than the mix asks for.
    """
    if mix is None:
        return [source.pages[number % len(source.pages)] for number in range(count)]
    longest = max(mix)
    if longest > len(source.pool):
        raise InputError(
            f"--mix: asks for lists of {longest}, and the {source.source} have {len(source.pool)} different items; "
            "leave that size out, or give pages of more items"
        )
    random = np.random.default_rng(seed)
    sizes = random.choice(np.array(list(mix)), count, p=list(mix.values())).tolist()
    pages = source.pages[:DISTINCT]
    pool = np.array(source.pool, dtype=object)
    made = {size: [with_size(page, size, pool, random) for page in pages] for size in mix}
    return [made[size][number % len(pages)] for number, size in enumerate(sizes)]


def with_size(page: PageQuery, size: int, pool: np.ndarray, random: np.random.Generator) -> PageQuery:
    """A page with so many candidates: its first ones, and others of the pool where it has too few.

    Args:
        page: whose query, user, context and history stay.
        size: how many; no more than the pool has.
        pool: item ids, object [I].
        random: draws the others.
    """
    kept = list(page.candidates)[:size]
    # Of so many drawn ones enough are left when those that the page has already are taken out.
    drawn = random.choice(pool, size, replace=False).tolist() if len(kept) < size else []
    there = set(kept)
    others = [item for item in drawn if item not in there]
    return PageQuery(page.query, [*kept, *others][:size], page.user, page.context, page.history)
