"""Sends pages from many threads at one time, each waiting for its answer before it sends the next.

``python -m tools.benchmarks.many_callers TARGET REQUESTS CALLERS``
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from tools.benchmarks.prepared_requests import read_requests, sender
from tools.benchmarks.rounds import answer_rounds_by


def main(target: str, requests: str, callers: str) -> None:
    """Answer rounds of calls: the seconds that they took together, then those of each call.

    Args:
        target: host:port of the server.
        requests: a folder of requests.
        callers: how many threads.
    """
    with grpc.insecure_channel(target) as channel, ThreadPoolExecutor(int(callers)) as pool:
        send = sender(channel, read_requests(Path(requests)))

        def timed(number: int) -> float:
            began = time.perf_counter()
            send(number)
            return time.perf_counter() - began

        def together(start: int, stop: int) -> list[float]:
            began = time.perf_counter()
            each = list(pool.map(timed, range(start, stop)))
            return [time.perf_counter() - began, *each]

        answer_rounds_by(together)


if __name__ == "__main__":
    main(*sys.argv[1:])
