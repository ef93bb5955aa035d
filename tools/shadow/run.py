"""A comparison of two sides, from their names to the figures."""

from rich.console import Console
from rich.progress import Progress

from shelfrank_client import DeadlineExceeded, RankingClient, Unavailable
from tools.pages_to_send import Lengths, PagesToSend
from tools.shadow.agreement import compare
from tools.shadow.asking import ask_both
from tools.shadow.result import Shadowed
from tools.shadow.sides import Side, side_of
from trainer.errors import InputError

WARM_PAGES = 20
FIRST_SECONDS = 10.0


def run_shadow(
    a: str, b: str, source: PagesToSend, k: int, deadline: float, lengths: Lengths, console: Console
) -> Shadowed:
    """Ask two sides for the same pages and compare the answers.

    Args:
        a: a server or a bundle folder.
        b: another.
        source: the pages.
        k: how many of the first items count for the overlap.
        deadline: seconds of a request.
        lengths: that lists are filled up to.
        console: where progress is shown.

    Raises:
        InputError: if a side is neither server nor bundle or does not answer, or no page was answered by both.
        RankingError: if a server has no such model or version.
    """
    for name, value in (("-k", k), ("--deadline", deadline)):
        if not 0 < value < float("inf"):
            raise InputError(f"{name}: expected a number above 0, found {value:g}")
    with side_of(a) as first, side_of(b) as second:
        with first.client(deadline, lengths) as client_a, second.client(deadline, lengths) as client_b:
            for side, client in ((first, client_a), (second, client_b)):
                _reach(side, client)
            with Progress(console=console, transient=True) as progress:
                task = progress.add_task("asking both", total=len(source.pages))
                answers = ask_both((client_a, client_b), source.pages, WARM_PAGES, lambda: progress.advance(task))
        return Shadowed((first, second), answers, compare(source.pages, *answers, k), source.source)


def _reach(side: Side, client: RankingClient) -> None:
    """Ask for the signatures, so that no page pays for them and a server that is away is named at once."""
    try:
        client.metadata(deadline=FIRST_SECONDS)
    except (Unavailable, DeadlineExceeded) as error:
        raise InputError(f"{side.name}: no server answers there ({error}); start it, or name another") from None
