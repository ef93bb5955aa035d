"""Running what is left of a study, one process a run."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console

from tools.study.cost import COST
from tools.study.plan import RUN_CONFIG, PlannedRun
from trainer.config import dump_experiment, load_experiment
from trainer.errors import InputError

LOCK_SECONDS = 60.0
"""A run ends within a second of its study; a study that is started again waits for that."""


def is_done(run: PlannedRun) -> bool:
    """Whether a run is trained, and evaluated as the study asks; its costs are written last."""
    if not (run.folder / COST).is_file():
        return False
    return load_experiment(run.folder / RUN_CONFIG).evaluate == run.experiment.evaluate


def execute(runs: Sequence[PlannedRun], folder: Path, console: Console, again: bool = False) -> list[str]:
    """Run what is not done yet.

    Args:
        runs: of a study.
        folder: of the study.
        console: where progress is shown.
        again: whether to evaluate finished runs again; they are not trained again.

    Returns:
        A line for each run that failed.

    Raises:
        InputError: if another process is running this study.
    """
    left = [run for run in runs if again or not is_done(run)]
    console.print(f"{folder.name}: {len(runs)} runs, {len(runs) - len(left)} done", highlight=False)
    if not left:
        return []
    failures: list[str] = []
    with _locked(folder) as lock:
        began = time.monotonic()
        for number, run in enumerate(left, 1):
            what = f"[{number}/{len(left)}] {run.variant} seed {run.seed}"
            with console.status(f"{what}{_time_left(began, number - 1, len(left))}; log: {run.log}"):
                started = time.monotonic()
                code = _run(run, lock)
            took = f"{(time.monotonic() - started) / 60:.1f} min"
            if code:
                failures.append(f"{run.variant} seed {run.seed}: {_reason(run.log, code)}; see {run.log}")
                console.print(
                    f"{what}: failed after {took}: {failures[-1]}", soft_wrap=True, highlight=False, markup=False
                )
            else:
                shown = f"{what}: done in {took}{_time_left(began, number, len(left))}"
                console.print(shown, soft_wrap=True, highlight=False, markup=False)
    return failures


def _run(run: PlannedRun, lock: IO[str]) -> int:
    run.config.parent.mkdir(parents=True, exist_ok=True)
    run.config.write_text(dump_experiment(run.experiment), encoding="utf-8")
    command = [sys.executable, "-u", "-m", "tools.study.one_run", str(run.config), str(os.getpid())]
    with run.log.open("a", encoding="utf-8") as log:
        # The lock goes along, so that it is held until the run has ended too.
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, pass_fds=(lock.fileno(),))
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _time_left(began: float, done: int, of: int) -> str:
    if done in (0, of):
        return ""
    return f"; about {(time.monotonic() - began) / done * (of - done) / 60:.0f} min left"


def _reason(log: Path, code: int) -> str:
    """The last error of a log, or how the process ended."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    if code < 0:
        return f"ended by signal {-code}"
    return lines[-1].removeprefix("error: ")[:300] if lines else f"ended with code {code}"


@contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise InputError(
                        f"{folder}: another process is running this study; wait for it, or end it"
                    ) from None
                time.sleep(0.2)
        yield lock
