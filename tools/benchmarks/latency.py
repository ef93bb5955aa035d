"""The time of one page: through the client, over gRPC without it, and by calling the same signature directly."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shelfrank_client import PageQuery
from tools.benchmarks.rounds import ratio_of_rounds, take_turns, timed_process
from trainer.data.pages import Pages

WARM_UP = 20
ROUNDS = 20


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


@dataclass(frozen=True)
class Ways:
    """The same pages, asked in three ways.

    Attributes:
        client: through the client.
        stub: over gRPC too, with requests made beforehand and answers left as bytes.
        direct: by calling the signature.
        stub_to_direct: how many times as long a call over gRPC takes, which is the server's share.
    """

    client: Latency
    stub: Latency
    direct: Latency
    stub_to_direct: float


def measure_latency(
    bundle: Path,
    model: str,
    target: str,
    queries: list[PageQuery],
    request: dict[str, np.ndarray],
    requests: Path,
    calls: int,
    work: Path,
) -> Ways:
    """Time single pages, one after another, the ways in turns.

    Args:
        bundle: the version that the server serves.
        model: the model's name.
        target: host:port of the server.
        queries: P pages; the calls go round them.
        request: the same pages as `trainer.export.requests.page_request` makes them.
        requests: the same as a folder of `tools.benchmarks.prepared_requests`.
        calls: how many to time each way.
        work: a folder for the pages.

    Returns:
        Through the client, by a bare stub, and directly.

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
        timed_process("tools.benchmarks.called_by_stub", [target, str(requests)]) as stub,
        timed_process("tools.benchmarks.called_directly", [str(bundle), str(sent)]) as direct,
    ):
        by_client, by_stub, directly = take_turns([client, stub, direct], calls, WARM_UP, ROUNDS)
    return Ways(
        Latency.of(by_client),
        Latency.of(by_stub),
        Latency.of(directly),
        ratio_of_rounds(by_stub, directly, ROUNDS),
    )
