"""The local server for the time of a benchmark."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.demo import start_server, wait_for_port
from trainer.errors import InputError

STOP_SECONDS = 30


@contextmanager
def served(base: Path, name: str, log: Path) -> Iterator[tuple[str, int]]:
    """Serve the newest version of a model on a free port, and stop the server in the end.

    Args:
        base: the folder of the version folders.
        name: the model's name.
        log: where what the server prints goes.

    Yields:
        host:port, and the server's process id.

    Raises:
        InputError: if it does not start; the message is the last line that it printed.
    """
    server = start_server(base, name, log)
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
