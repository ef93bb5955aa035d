"""Timing in processes of their own, round by round: what is compared takes turns, so that a busy machine slows both."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from trainer.errors import InputError

READY = "ready"


def answer_rounds(call: Callable[[int], object]) -> None:
    """The side of the process that is timed: for each ``start stop`` on stdin, time these calls one after another.

    Args:
        call: makes call number i.
    """
    # Whatever a library prints must not come between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    print(READY, file=out, flush=True)
    for line in sys.stdin:
        start, stop = map(int, line.split())
        seconds = []
        for number in range(start, stop):
            began = time.perf_counter()
            call(number)
            seconds.append(time.perf_counter() - began)
        print(json.dumps(seconds), file=out, flush=True)


class TimedProcess:
    """The other side: starts a module that answers rounds, and ends it.

    Args:
        module: run with ``python -m``.
        arguments: of its command line.

    Raises:
        InputError: if it does not start, or ends early; the message is the last line that it wrote.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._module = module
        self._written = tempfile.TemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._written,
            text=True,
        )

    def __enter__(self) -> "TimedProcess":
        try:
            self._read()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def seconds(self, start: int, stop: int) -> list[float]:
        """Seconds of each call from ``start`` to before ``stop``."""
        assert self._process.stdin is not None
        # A process that has ended reads nothing, but what it wrote says why.
        with contextlib.suppress(BrokenPipeError):
            print(start, stop, file=self._process.stdin, flush=True)
        times: list[float] = json.loads(self._read())
        return times

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._written):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._written.seek(0)
            lines = self._written.read().strip().splitlines()
            raise InputError(f"{self._module}: ended early: {lines[-1] if lines else 'without a word'}")
        return line.strip()


def take_turns(processes: Sequence[TimedProcess], calls: int, warm_up: int, rounds: int) -> list[list[float]]:
    """Time the same calls in each process, in turns.

    Args:
        processes: what is compared.
        calls: that count, numbered from 0; the first of them warm up too.
        warm_up: calls that do not count.
        rounds: into how many turns the calls are split.

    Returns:
        Seconds of each call, one list a process.
    """
    for process in processes:
        process.seconds(0, warm_up)
    times: list[list[float]] = [[] for _ in processes]
    edges = [calls * turn // rounds for turn in range(rounds + 1)]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        for found, process in zip(times, processes, strict=True):
            found += process.seconds(start, stop)
    return times
