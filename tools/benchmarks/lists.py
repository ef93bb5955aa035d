"""The time of one list that a bundle makes itself, by kind of list: ``python -m tools.benchmarks lists``."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from shelfrank_client import RankingClient
from tools.benchmarks.bundle_with_lists import ListedShop, calls_of, inputs_of, make_shop
from tools.benchmarks.figures import Figure, Result
from tools.benchmarks.latency import Latency
from tools.benchmarks.rounds import TimedProcess, take_turns, timed_process
from tools.local_server import served

KINDS = ("recommend", "search", "for_user", "similar_items", "trending")
CALLS, WARM_UP, ROUNDS = 200, 20, 20
DEADLINE_SECONDS = 60.0
# What the project asks of itself.
MAX_P50_OF_RECOMMEND = 80.0


@dataclass(frozen=True)
class Listed:
    """Answers to the pages that are timed.

    Attributes:
        sizes: items of each list.
        channels: that any item came by.
    """

    sizes: list[int]
    channels: list[str]


def benchmark_lists(config: Path, calls: int = CALLS) -> Result:
    """Make a bundle over 20,000 items and time its lists, one page a call with query, user and history.

    Args:
        config: an experiment with a section ``simulate``; its catalogue is made larger.
        calls: how many lists of each kind are timed each way.

    Returns:
        For each kind of list p50 and p95 through the client and by calling the signature.

    Raises:
        NotHere: if the backbone's weights are not here.
        InputError: if the experiment is wrong, or the server or one of the processes fails.
        RankingError: if the server does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as name:
        work = Path(name)
        shop = make_shop(config, work, Console(stderr=True))
        figures = measure_lists(shop, calls, work)
    interaction = shop.experiment.model.interaction
    title = f"{config}, {interaction}, random heads, {shop.items:,} made-up items; query, user and history in each call"
    return Result("lists", title, figures)


def measure_lists(shop: ListedShop, calls: int, work: Path) -> list[Figure]:
    """Time each kind of list, the two ways in turns; the arguments are those of `benchmark_lists`.

    Args:
        shop: a bundle and the pages.
        calls: lists of each kind timed each way.
        work: a folder for the requests.
    """
    name, version = shop.experiment.name, shop.bundle.name
    asked, sent = work / "lists.json", work / "lists.npz"
    write_calls(shop, asked, sent)
    with served(shop.bundle.parent, name, work / "server.log") as (target, _):
        with RankingClient(target, name, DEADLINE_SECONDS, int(version)) as client:
            answers = [client.recommend(**call) for call in calls_of(shop, "recommend")]
        listed = Listed(
            [len(answer) for answer in answers],
            sorted({channel for answer in answers for item in answer for channel in item.channels}),
        )
        with (
            timed_process("tools.benchmarks.listed_over_grpc", [target, name, version, str(asked), str(calls)]) as grpc,
            timed_process("tools.benchmarks.listed_directly", [str(shop.bundle), str(sent), str(calls)]) as direct,
        ):
            found = {kind: times(grpc, direct, calls, place) for place, kind in enumerate(KINDS)}
    return list_figures(found, listed, calls)


def times(grpc: TimedProcess, direct: TimedProcess, calls: int, place: int) -> tuple[Latency, Latency]:
    """The time of a kind of list through the client and directly; ``place`` is the kind's in `KINDS`."""
    by_client, directly = take_turns([grpc, direct], calls, min(WARM_UP, calls), ROUNDS, first=place * calls)
    return Latency.of(by_client), Latency.of(directly)


def write_calls(shop: ListedShop, asked: Path, sent: Path) -> None:
    """Write what the two processes ask.

    Args:
        shop: a bundle and the pages.
        asked: for the client, JSON: by kind the arguments of each call.
        sent: for the signatures, ``.npz``: ``<kind>/<number>/<input>``.
    """
    asked.write_text(json.dumps({kind: calls_of(shop, kind) for kind in KINDS}), encoding="utf-8")
    arrays = {
        f"{kind}/{row}/{name}": value
        for kind in KINDS
        for row, inputs in enumerate(inputs_of(shop, kind))
        for name, value in inputs.items()
    }
    with sent.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def list_figures(found: dict[str, tuple[Latency, Latency]], listed: Listed, calls: int) -> list[Figure]:
    """The figures of each kind of list: through the client, then directly."""
    figures = [
        Figure("calls", "lists of each kind timed each way", calls),
        Figure("recommend.items", "items of recommend, fewest", min(listed.sizes)),
        Figure("recommend.channels", "channels that they came by", len(listed.channels)),
    ]
    for kind, (client, direct) in found.items():
        limit = MAX_P50_OF_RECOMMEND if kind == "recommend" else None
        figures += [
            Figure(f"{kind}.grpc.p50_ms", f"{kind} by the client, p50", client.p50, "ms", limit),
            Figure(f"{kind}.grpc.p95_ms", f"{kind} by the client, p95", client.p95, "ms"),
            Figure(f"{kind}.direct.p50_ms", f"{kind} directly, p50", direct.p50, "ms"),
            Figure(f"{kind}.direct.p95_ms", f"{kind} directly, p95", direct.p95, "ms"),
        ]
    return figures
