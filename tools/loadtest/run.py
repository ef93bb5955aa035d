"""A load: one rate after the other against one server."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shelfrank_client import DeadlineExceeded, InvalidRequest, PageQuery, RankingClient, Unavailable
from tools.benchmarks.machine import describe_machine
from tools.loadtest.arrivals import due_times
from tools.loadtest.figures import Loaded, RateFigures
from tools.loadtest.mix import in_order, parse_mix
from tools.loadtest.open_loop import Outcome, send, threads_for
from tools.pages_to_send import Lengths, PagesToSend
from tools.pages_to_send.lengths import AS_THEY_ARE
from trainer.errors import InputError

FIRST_SECONDS = 10.0


@dataclass(frozen=True)
class Load:
    """What is sent where.

    Attributes:
        target: host:port of the server.
        model: the model's name.
        rates: requests a second, tried one after the other.
        duration: seconds that count, of each rate.
        warm: seconds before them.
        deadline: seconds of a request.
        fallback: whether requests without an answer return the caller's order.
        arrivals: ``poisson`` or ``uniform``.
        mix: shares of list sizes as `parse_mix` reads them; None leaves the lists as they are.
        seed: of everything drawn.
        lengths: that lists are filled up to.

    Raises:
        InputError: if a number is out of its range.
    """

    target: str
    model: str
    rates: Sequence[float]
    duration: float = 30.0
    warm: float = 5.0
    deadline: float = 0.15
    fallback: bool = False
    arrivals: str = "poisson"
    mix: str | None = None
    seed: int = 1
    lengths: Lengths = AS_THEY_ARE

    def __post_init__(self) -> None:
        wrong = {
            "--rate": not self.rates or not all(0 < rate < float("inf") for rate in self.rates),
            "--duration": not 0 < self.duration < float("inf"),
            "--warm": not 0 <= self.warm < float("inf"),
            "--deadline": not 0 < self.deadline < float("inf"),
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise InputError(f"{name}: expected a number above 0{' or 0' if name == '--warm' else ''}")


def run_load(load: Load, source: PagesToSend, console: Console) -> Loaded:
    """Send a load.

    Args:
        load: what is sent where.
        source: the pages.
        console: where progress is shown.

    Returns:
        The figures.

    Raises:
        InputError: if the server can't be reached or the pages do not fit the model, or the load makes no sense.
        RankingError: if there is no such model.
    """
    mix = None if load.mix is None else parse_mix(load.mix)
    plans = []
    for rate in load.rates:
        due = due_times(rate, load.warm + load.duration, load.arrivals, load.seed)
        plans.append((rate, due, in_order(source, mix, len(due), load.seed)))
    machine = describe_machine()
    outcome = Outcome()
    found = []
    with RankingClient(
        load.target,
        load.model,
        load.deadline,
        fallback=load.fallback,
        observer=outcome.observe,
        list_sizes=load.lengths.list_sizes,
        history_length=load.lengths.history_length,
    ) as client:
        version = first_answer(client, load, plans[0][2][0])
        for rate, due, pages in plans:
            with _progress(console) as progress:
                task = progress.add_task(f"{rate:g} requests/s", total=len(due))
                threads = threads_for(rate, load.deadline)
                sent = send(client, outcome, pages, due, threads, partial(progress.advance, task))
            found.append(RateFigures.of(rate, sent, load.warm, load.duration))
    return Loaded({**_setting(load, source, version), "machine": machine}, found)


def first_answer(client: RankingClient, load: Load, page: PageQuery) -> int | None:
    """Ask once, so that what is wrong with all requests shows before the load, and no request pays for the signatures.

    Returns:
        The version that answered.

    Raises:
        InputError: if the server can't be reached or the page does not fit the model.
        RankingError: if there is no such model.
    """
    try:
        client.metadata(deadline=FIRST_SECONDS)
        answer = client.rank(
            page.query, page.candidates, page.user, page.context, page.history, deadline=FIRST_SECONDS, fallback=False
        )
    except (Unavailable, DeadlineExceeded) as error:
        raise InputError(
            f"--target {load.target}: no server answers there ({error}); start it, or name another"
        ) from None
    except InvalidRequest as error:
        raise InputError(f"the pages do not fit the model {load.model}: {error}") from None
    return answer.model_version


def _setting(load: Load, source: PagesToSend, version: int | None) -> dict[str, Any]:
    return {
        "target": load.target,
        "model": load.model,
        "model_version": version,
        "pages": source.source,
        "arrivals": load.arrivals,
        "mix": load.mix,
        "list_sizes": load.lengths.list_sizes,
        "history_length": load.lengths.history_length,
        "duration_s": load.duration,
        "warm_s": load.warm,
        "deadline_s": load.deadline,
        "fallback": load.fallback,
        "seed": load.seed,
    }


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
