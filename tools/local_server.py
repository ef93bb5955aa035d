"""The local server for the time of a command: a demo, a benchmark, a comparison."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import InputError

START_SECONDS = 120
STOP_SECONDS = 30


@contextmanager
def served(base: Path, name: str, log: Path, *flags: str) -> Iterator[tuple[str, int]]:
    """Serve the newest version of a model on a free port, and stop the server in the end.

    Args:
        base: the folder of the version folders.
        name: the model's name.
        log: where what the server prints goes.
        flags: more flags of the server.

    Yields:
        host:port, and the server's process id.

    Raises:
        InputError: if it does not start; the message is the last line that it printed.
    """
    server = start_server(base, name, log, *flags)
    try:
        try:
            port = wait_for_port(server, log)
        except RuntimeError:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise InputError(f"{base}: the server did not start: {lines[-1] if lines else 'no word from it'}") from None
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def shelfrank() -> list[str]:
    """The command as this Python runs it."""
    return [sys.executable, "-m", "tools.cli"]


def start_server(base: Path, name: str, log: Path, *flags: str) -> subprocess.Popen[bytes]:
    """Start the local server on a free port; what it prints goes to ``log``."""
    command = [*shelfrank(), "serve", "--port=0", f"--model_name={name}", f"--model_base_path={base}", *flags]
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)


def wait_for_port(server: subprocess.Popen[bytes], log: Path) -> int:
    """The port of the server, once it serves.

    Raises:
        RuntimeError: if it ends, or does not serve in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("Running gRPC server at"):
                return int(line.split(":")[1].strip())
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start; {log} says why")
