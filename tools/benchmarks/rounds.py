"""Timing in processes of their own, round by round: what is compared takes turns, so that a busy machine slows both."""

import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from trainer.errors import InputError

READY = "ready"


def answer_rounds(call: Callable[[int], object]) -> None:
    """The side of the process that is timed: for each ``start stop`` on stdin, time these calls one after another.

    Args:
        call: makes call number i.
    """

    def one_after_another(start: int, stop: int) -> list[float]:
        seconds = []
        for number in range(start, stop):
            began = time.perf_counter()
            call(number)
            seconds.append(time.perf_counter() - began)
        return seconds

    answer_rounds_by(one_after_another)


def answer_rounds_by(times: Callable[[int, int], list[float]]) -> None:
    """The same, for what makes its calls in a manner of its own.

    Args:
        times: makes the calls from ``start`` to before ``stop``, and gives their seconds.
    """
    # Whatever a library prints must not come between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    print(READY, file=out, flush=True)
    for line in sys.stdin:
        start, stop = map(int, line.split())
        print(json.dumps(times(start, stop)), file=out, flush=True)


class TimedProcess:
    """The other side: asks a process for the times of its calls.

    Args:
        module: what runs there.
        process: with pipes for stdin and stdout.
        written: what it wrote to stderr.
    """

    def __init__(self, module: str, process: subprocess.Popen[str], written: IO[str]) -> None:
        self._module, self._process, self._written = module, process, written

    def seconds(self, start: int, stop: int) -> list[float]:
        """Seconds of each call from ``start`` to before ``stop``.

        Raises:
            InputError: if the process has ended; the message is the last line that it wrote.
        """
        assert self._process.stdin is not None
        # A process that has ended reads nothing, but what it wrote says why.
        with contextlib.suppress(BrokenPipeError):
            print(start, stop, file=self._process.stdin, flush=True)
        times: list[float] = json.loads(self.read())
        return times

    def read(self) -> str:
        """The next line of the process."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._written.seek(0)
            lines = self._written.read().strip().splitlines()
            raise InputError(f"{self._module}: ended early: {lines[-1] if lines else 'without a word'}")
        return line.strip()


@contextlib.contextmanager
def timed_process(module: str, arguments: Sequence[str]) -> Iterator[TimedProcess]:
    """Start a module that answers rounds, and end it.

    Args:
        module: run with ``python -m``.
        arguments: of its command line.

    Yields:
        The process, ready for rounds.

    Raises:
        InputError: if it does not start; the message is the last line that it wrote.
    """
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile("w+", errors="replace") as written,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=written, text=True) as process,
    ):
        try:
            timed = TimedProcess(module, process, written)
            timed.read()
            yield timed
        finally:
            process.kill()
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def take_turns(
    processes: Sequence[TimedProcess], calls: int, warm_up: int, rounds: int, first: int = 0
) -> list[list[float]]:
    """Time the same calls in each process, in turns.

    Args:
        processes: what is compared.
        calls: that count.
        warm_up: calls before them that do not count.
        rounds: into how many turns the calls are split.
        first: number of the first call.

    Returns:
        Seconds of each call, one list a process.
    """
    for process in processes:
        process.seconds(first, first + warm_up)
    times: list[list[float]] = [[] for _ in processes]
    for start, stop in turns(calls, rounds):
        for found, process in zip(times, processes, strict=True):
            found += process.seconds(first + start, first + stop)
    return times


def turns(calls: int, rounds: int) -> list[tuple[int, int]]:
    """The first call of each round, and the one after its last; rounds have a call at least."""
    rounds = min(rounds, calls)
    return list(itertools.pairwise(calls * turn // rounds for turn in range(rounds + 1)))


def ratio_of_rounds(above: Sequence[float], below: Sequence[float], rounds: int) -> float:
    """How many times as long calls took as others that took turns with them: the median of the rounds' ratios of medians.

    A machine that is busy for a while makes both of a round slow, and so hardly moves it.

    Args:
        above: seconds of each call, as `take_turns` gives them.
        below: of as many others.
        rounds: in which they took turns.
    """
    ratios = [
        statistics.median(above[start:stop]) / statistics.median(below[start:stop])
        for start, stop in turns(len(above), rounds)
    ]
    return statistics.median(ratios)
