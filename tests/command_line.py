"""The command `shelfrank` as its users call it: in a process of its own, or, where that shows nothing more, in this one.

A new process takes many seconds to import TensorFlow.
"""

import contextlib
import io
import subprocess
import sys

from tools.cli import main

SECONDS = 900


def shelfrank(*words: object) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own, however it ends."""
    command = [sys.executable, "-m", "tools.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def here(*words: object) -> subprocess.CompletedProcess[str]:
    """Run it in this process, however it ends; not for `serve`, which sets up logging for the whole process."""
    command = ["shelfrank", *map(str, words)]
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, command
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = before
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def succeed(*words: object) -> str:
    """What it printed, in this process."""
    return _printed(here(*words))


def succeed_alone(*words: object) -> str:
    """What it printed, in a process of its own."""
    return _printed(shelfrank(*words))


def fault(*words: object) -> str:
    """The one line that a user's mistake gives, in this process."""
    return _fault(here(*words))


def fault_alone(*words: object) -> str:
    """The same, in a process of its own."""
    return _fault(shelfrank(*words))


def _printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.args}: {done.stderr[-2000:]}"
    return done.stdout


def _fault(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, f"{done.args}: exit code {done.returncode}: {done.stderr[-2000:]}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]
