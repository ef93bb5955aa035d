"""Sends good requests at a steady rate for a long time and watches the errors and the server's memory."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from tools.soak.fuzz import METHOD

THREADS = 4
DEADLINE_SECONDS = 10.0
# Memory is compared between the second tenth of the time, when everything is warm, and the last.
PARTS = 10


@dataclass
class Soaked:
    """What came of a long load.

    Attributes:
        seconds: of each answered request.
        errors: code and message of each that failed.
        memory: resident megabytes of the server, at equal distances in time.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Memory in the last tenth over that in the second, less 1."""
        size = max(1, len(self.memory) // PARTS)
        return statistics.median(self.memory[-size:]) / statistics.median(self.memory[size : 2 * size]) - 1


def memory_of(process: int) -> float:
    """Resident megabytes of a process, as Linux tells them."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def capacity(target: str, requests: Sequence[bytes], seconds: float) -> float:
    """Requests a second that a server answers when four callers never wait.

    Raises:
        grpc.RpcError: if one fails.
    """
    until = time.monotonic() + seconds
    with grpc.insecure_channel(target) as channel, futures.ThreadPoolExecutor(THREADS) as pool:
        call = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)

        def ask(place: int) -> int:
            count = 0
            while time.monotonic() < until:
                call(requests[(place + count) % len(requests)], timeout=DEADLINE_SECONDS)
                count += 1
            return count

        return sum(pool.map(ask, range(THREADS))) / seconds


def soak(
    target: str,
    process: int,
    requests: Sequence[bytes],
    rate: float,
    seconds: float,
    each: Callable[[float], None] = lambda done: None,
) -> Soaked:
    """Send requests at a rate.

    Args:
        target: host:port of the server.
        process: the server's process id.
        requests: serialised messages, sent in turn.
        rate: requests a second.
        seconds: for how long.
        each: called now and then with the share of the time that is over.

    Returns:
        Times, errors and memory.
    """
    found, lock = Soaked(), threading.Lock()
    begin = time.monotonic()
    with grpc.insecure_channel(target) as channel, futures.ThreadPoolExecutor(THREADS) as pool:
        call = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)

        def send(number: int) -> None:
            due = begin + number / rate
            try:
                call(requests[number % len(requests)], timeout=DEADLINE_SECONDS)
            except grpc.RpcError as error:
                with lock:
                    found.errors.append(f"{error.code().name}: {error.details()}")  # type: ignore[attr-defined]
                return
            with lock:
                found.seconds.append(time.monotonic() - due)

        looked = begin
        for number in range(int(rate * seconds)):
            wait = begin + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            pool.submit(send, number)
            if time.monotonic() >= looked:
                looked = time.monotonic() + seconds / (PARTS * 10)
                found.memory.append(memory_of(process))
                each(number / (rate * seconds))
    return found
