"""The command `shelfrank` as its users call it: in a process of its own."""

import subprocess
import sys

SECONDS = 900


def shelfrank(*words: object) -> subprocess.CompletedProcess[str]:
    """Run it, however it ends."""
    command = [sys.executable, "-m", "tools.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def succeed(*words: object) -> str:
    """What it printed."""
    done = shelfrank(*words)
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


def fault(*words: object) -> str:
    """The one line that a user's mistake gives."""
    done = shelfrank(*words)
    assert done.returncode == 2, f"{words}: exit code {done.returncode}: {done.stderr[-2000:]}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]
