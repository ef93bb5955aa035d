"""The server's flags, named and meant as tensorflow_model_server's."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NoReturn

from serving.local.errors import ServerError


def _default_threads() -> int:
    return 4 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4 * (os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True)
class ServerFlags:
    """What to serve and where.

    Args:
        model_base_path: the folder that holds the version folders (`1/`, `2/`, ...).
        model_name: the name that requests give in their `model_spec`.
        port: port of the gRPC interface; 0 takes a free one.
        grpc_max_threads: requests handled at one time; more of them wait.
        file_system_poll_wait_seconds: seconds between looks for a new version; 0 looks at the start only.

    Raises:
        ServerError: a value is out of its range.
    """

    model_base_path: Path
    model_name: str = "default"
    port: int = 8500
    grpc_max_threads: int = field(default_factory=_default_threads)
    file_system_poll_wait_seconds: float = 1.0

    def __post_init__(self) -> None:
        if not self.model_name:
            raise ServerError("--model_name is empty; give the name that clients put into model_spec")
        if not 0 <= self.port <= 65535:
            raise ServerError(f"--port={self.port} is no port; give 1 to 65535, or 0 for a free one")
        if self.grpc_max_threads < 1:
            raise ServerError(f"--grpc_max_threads={self.grpc_max_threads}; give at least 1")
        if not 0 <= self.file_system_poll_wait_seconds < float("inf"):
            raise ServerError(
                f"--file_system_poll_wait_seconds={self.file_system_poll_wait_seconds:g}; "
                "give 0 (look once) or a number of seconds"
            )


class _Parser(argparse.ArgumentParser):
    """Wrong flags are an error like all others, one line."""

    def error(self, message: str) -> NoReturn:
        raise ServerError(f"{message}; --help lists the flags")


def parse_flags(arguments: Sequence[str] | None = None, program: str = "python -m serving.local") -> ServerFlags:
    """Read the flags of a command line.

    Args:
        arguments: the words after the program's name; None reads them from `sys.argv`.
        program: the program's name, for `--help`.

    Returns:
        The flags, defaults filled in.

    Raises:
        ServerError: a flag is unknown or missing, or a value is of the wrong type or out of its range.
        SystemExit: with code 0 after `--help`.
    """
    defaults = {f.name: f.default for f in fields(ServerFlags)}
    parser = _Parser(
        prog=program,
        description="Serve one model with TF Serving's gRPC interface, for laptops and tests.",
        allow_abbrev=False,
    )
    parser.add_argument("--model_base_path", type=Path, required=True, help="folder of the version folders")
    parser.add_argument(
        "--model_name", default=defaults["model_name"], help="name in model_spec (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=defaults["port"],
        help="gRPC port, 0 for a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--grpc_max_threads",
        type=int,
        default=_default_threads(),
        help="requests handled at one time (default: 4 a core)",
    )
    parser.add_argument(
        "--file_system_poll_wait_seconds",
        type=float,
        default=defaults["file_system_poll_wait_seconds"],
        help="seconds between looks for a new version, 0 looks once (default: %(default)g)",
    )
    return ServerFlags(**vars(parser.parse_args(arguments)))
