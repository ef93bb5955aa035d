"""The same pages asked of two sides."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shelfrank_client import PageQuery, RankedPage, RankingClient, RankingError


@dataclass
class Answers:
    """What one side answered to P pages.

    Attributes:
        pages: P ranked pages, None where there was an error.
        seconds: of each answer.
        errors: the message of each page that was not answered, by number of the page.
        codes: of the same.
    """

    pages: list[RankedPage | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)

    def versions(self) -> list[int]:
        """The versions that answered."""
        return sorted(
            {page.model_version for page in self.pages if page is not None and page.model_version is not None}
        )


def ask_both(
    clients: tuple[RankingClient, RankingClient],
    pages: Sequence[PageQuery],
    warm: int,
    asked: Callable[[], None] = lambda: None,
) -> tuple[Answers, Answers]:
    """Ask both sides for each page, in turns as to who is first, one page after another.

    Args:
        clients: of A and B.
        pages: P pages.
        warm: how many of the first pages are asked once more before, without counting.
        asked: called after each page.

    Returns:
        The answers of A and of B.
    """
    found = Answers(), Answers()
    for page in pages[:warm]:
        for client in clients:
            _ask(client, page, Answers())
    for number, page in enumerate(pages):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            _ask(clients[side], page, found[side])
        asked()
    return found


def _ask(client: RankingClient, page: PageQuery, found: Answers) -> None:
    began = time.perf_counter()
    answer: RankedPage | None = None
    try:
        answer = client.rank(page.query, page.candidates, page.user, page.context, page.history)
        found.seconds.append(time.perf_counter() - began)
    except RankingError as error:
        number = len(found.pages)
        found.errors[number], found.codes[number] = str(error), error.code
    found.pages.append(answer)
