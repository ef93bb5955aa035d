"""The time of one page, through gRPC and by calling the same signature directly."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shelfrank_client import PageQuery
from tools.benchmarks.rounds import take_turns, timed_process
from trainer.data.pages import Pages

WARM_UP = 20
ROUNDS = 5


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one call.

    Attributes:
        p50: half of the calls took at most this.
        p95: 95 of 100.
        p99: 99 of 100.
    """

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Latency":
        """The percentiles of calls, interpolated linearly between the nearest two."""
        return cls(*(float(value) * 1000 for value in np.percentile(seconds, [50, 95, 99])))


def pages_of_candidates(pages: Pages, items: int, candidates: int, seed: int) -> Pages:
    """The same pages with other candidates: drawn from the whole items table, each once.

    Args:
        pages: whose queries, users and contexts stay.
        items: rows of the items table.
        candidates: N, fewer where there are not so many items.
        seed: of the drawing.
    """
    random = np.random.default_rng(seed)
    size = min(candidates, items)
    drawn = np.concatenate([random.choice(items, size, replace=False) for _ in range(len(pages))]).astype(np.int32)
    nothing = np.zeros(len(drawn), np.int8)
    return dataclasses.replace(
        pages,
        offset=np.arange(len(pages) + 1, dtype=np.int64) * size,
        item=drawn,
        position=nothing.astype(np.int32),
        clicked=nothing - 1,
        purchased=nothing - 1,
        relevance=np.full(len(drawn), np.nan, np.float32),
    )


def measure_latency(
    bundle: Path,
    model: str,
    target: str,
    queries: list[PageQuery],
    request: dict[str, np.ndarray],
    calls: int,
    work: Path,
) -> tuple[Latency, Latency]:
    """Time single pages, one after another, in turns with direct calls of the same signature.

    Args:
        bundle: the version that the server serves.
        model: the model's name.
        target: host:port of the server.
        queries: P pages; the calls go round them.
        request: the same pages as `trainer.export.requests.page_request` makes them.
        calls: how many to time each way.
        work: a folder for the pages.

    Returns:
        Through the client, and directly.

    Raises:
        InputError: if one of the processes fails.
    """
    asked, sent = work / "pages.json", work / "pages.npz"
    asked.write_text(json.dumps([dataclasses.asdict(query) for query in queries]), encoding="utf-8")
    arrays: dict[str, Any] = {
        f"{row}/{name}": values[row : row + 1] for name, values in request.items() for row in range(len(queries))
    }
    with sent.open("wb") as file:
        np.savez(file, **arrays)
    with (
        timed_process("tools.benchmarks.called_over_grpc", [target, model, bundle.name, str(asked)]) as client,
        timed_process("tools.benchmarks.called_directly", [str(bundle), str(sent)]) as direct,
    ):
        over_grpc, directly = take_turns([client, direct], calls, WARM_UP, ROUNDS)
    return Latency.of(over_grpc), Latency.of(directly)
