"""What the client adds to a call: ``rank_items`` against a bare stub with a request made beforehand."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np

from shelfrank_client import RankingClient, protocol
from shelfrank_client.tensors import FLOAT, STRING, pack
from tools.benchmarks.constant_server import CANDIDATES, IDS, NAMES

CALLS = 400
STOP_SECONDS = 10


@dataclass(frozen=True)
class Overhead:
    """Milliseconds of a call with 100 candidates of 10 features, medians.

    Attributes:
        client: ``RankingClient.rank_items``, from Python's own types to ranked items.
        stub: the same request, made beforehand, and its answer as a message.
    """

    client: float
    stub: float


def measure_overhead(calls: int = CALLS) -> Overhead:
    """Call both ways in turns, on a server that gives a prepared answer.

    Args:
        calls: of each.
    """
    random = np.random.default_rng(1)
    values = random.normal(size=(CANDIDATES, len(NAMES))).tolist()
    items = [{"item_id": name, **dict(zip(NAMES, row, strict=True))} for name, row in zip(IDS, values, strict=True)]
    command = [sys.executable, "-m", "tools.benchmarks.constant_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        target = f"127.0.0.1:{int(server.stdout.readline())}"
        try:
            with RankingClient(target, model="constant", deadline=5.0) as client, grpc.insecure_channel(target) as bare:
                stub = bare.unary_unary(protocol.PREDICT, protocol.to_bytes, protocol.PredictResponse.FromString)
                request = _request(items)
                client.metadata(deadline=5.0)
                ways: tuple[Callable[[], Any], ...] = (
                    lambda: client.rank_items("cordless drill 18v", items),
                    lambda: stub(request, timeout=5.0),
                )
                times: list[list[float]] = [[] for _ in ways]
                for turn in range(-calls // 10, calls):
                    for way, found in zip(ways, times, strict=True):
                        began = time.perf_counter()
                        way()
                        if turn >= 0:
                            found.append(time.perf_counter() - began)
        finally:
            server.stdin.close()
            server.wait(STOP_SECONDS)
    own, stub_time = (statistics.median(found) * 1000 for found in times)
    return Overhead(own, stub_time)


def _request(items: list[dict[str, Any]]) -> Any:
    request = protocol.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "constant", "rank_items"
    page = (1, len(items))
    for name, value in (("query", "cordless drill 18v"), ("user_id", "")):
        request.inputs[name].CopyFrom(pack([value], (1,), STRING, name))
    request.inputs["history"].CopyFrom(pack([""], (1, 1), STRING, "history"))
    request.inputs["item_id"].CopyFrom(pack([item["item_id"] for item in items], page, STRING, "item_id"))
    for name in NAMES:
        request.inputs[name].CopyFrom(pack([item[name] for item in items], page, FLOAT, name))
    return request
