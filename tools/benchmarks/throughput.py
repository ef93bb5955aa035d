"""How many pages a server ranks in a second for many callers at one time, without batching and with it."""

import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.benchmarks.rounds import timed_process, turns
from tools.local_server import served

CALLERS = 16
ROUNDS = 6
BATCHING = Path("configs/tf_serving/batching_parameters.txt")


@dataclass(frozen=True)
class Throughput:
    """What many callers got.

    Attributes:
        rate: pages a second, the median of the rounds.
        p50: milliseconds; half of the calls took at most this.
    """

    rate: float
    p50: float


@dataclass(frozen=True)
class Batching:
    """The same callers on two servers in turns.

    Attributes:
        off: without batching.
        on: with the batching parameters of the deployment kit.
        gain: how many times as many pages a second with batching, the median of the rounds.
    """

    off: Throughput
    on: Throughput
    gain: float


def measure_batching(bundle: Path, model: str, requests: Path, calls: int, work: Path) -> Batching:
    """Serve a bundle twice, and send the same pages to both in turns.

    Args:
        bundle: ``models/<name>/<version>``.
        model: the model's name.
        requests: a folder of requests of one page each.
        calls: pages sent to each in all.
        work: a folder for what the servers print.

    Raises:
        InputError: if a server or the process of the callers fails.
    """
    joined = ("--enable_batching", f"--batching_parameters_file={BATCHING.resolve()}")
    # An answered request counts a moment longer among those under way.
    threads = f"--grpc_max_threads={2 * CALLERS}"
    base, module = bundle.parent, "tools.benchmarks.many_callers"
    with (
        served(base, model, work / "alone.log", threads) as (alone, _),
        served(base, model, work / "joined.log", threads, *joined) as (together, _),
        timed_process(module, [alone, str(requests), str(CALLERS)]) as off,
        timed_process(module, [together, str(requests), str(CALLERS)]) as on,
    ):
        for process in (off, on):
            process.seconds(0, 2 * CALLERS)
        rounds = [tuple(process.seconds(start, stop) for process in (off, on)) for start, stop in turns(calls, ROUNDS)]
    return batching_of(rounds)


def batching_of(rounds: list[tuple[list[float], ...]]) -> Batching:
    """The figures of rounds.

    Args:
        rounds: what the callers measured without batching and with it: seconds of the whole round, then of each call.
    """
    rates = np.array([[(len(found) - 1) / found[0] for found in turn] for turn in rounds])
    off, on = (
        Throughput(
            float(np.median(rates[:, way])),
            statistics.median(second for turn in rounds for second in turn[way][1:]) * 1000,
        )
        for way in (0, 1)
    )
    return Batching(off, on, float(np.median(rates[:, 1] / rates[:, 0])))
