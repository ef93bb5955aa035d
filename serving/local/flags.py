"""The server's flags, named and meant as tensorflow_model_server's."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

from serving.local.errors import ServerError


def _default_threads() -> int:
    return 4 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4 * (os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True)
class ServerFlags:
    """What to serve and where; each field is a flag of `tensorflow_model_server`.

    Args:
        model_base_path: the folder that holds the version folders (`1/`, `2/`, ...); not read with `model_config_file`.
        model_name: the name that requests give in their `model_spec`; not read with `model_config_file`.
        model_config_file: text proto of `ModelServerConfig`: several models, their version policies and labels.
        model_config_file_poll_wait_seconds: seconds between looks at that file; 0 reads it at the start only.
        allow_version_labels_for_unavailable_models: labels may name versions that are not loaded yet, as at the start.
        file_system_poll_wait_seconds: seconds between looks for new versions; 0 looks at the start only.
        port: port of the gRPC interface; 0 takes a free one.
        grpc_socket_path: path of a Unix socket to answer on too.
        grpc_max_threads: requests handled at one time; more of them get RESOURCE_EXHAUSTED.
        grpc_channel_arguments: gRPC arguments, `name=value` with commas between.
        enable_batching: whether requests are joined into batches.
        batching_parameters_file: text proto of `BatchingParameters`: how.
        rest_api_port: port of the REST interface; 0 for none.
        rest_api_num_threads: REST requests answered at one time; more of them wait.
        rest_api_timeout_in_ms: that a REST request may take; 0 for any.
        rest_api_enable_cors_support: whether scripts of web pages of any origin may ask.
        monitoring_config_file: text proto of `MonitoringConfig`: metrics for Prometheus on the REST port.
        ssl_config_file: text proto of `SSLConfig`: TLS, and mutual TLS.

    Raises:
        ServerError: a value is out of its range, or there is nothing to serve.
    """

    model_base_path: Path | None = None
    model_name: str = "default"
    model_config_file: Path | None = None
    model_config_file_poll_wait_seconds: float = 0.0
    allow_version_labels_for_unavailable_models: bool = False
    file_system_poll_wait_seconds: float = 1.0
    port: int = 8500
    grpc_socket_path: str = ""
    grpc_max_threads: int = field(default_factory=_default_threads)
    grpc_channel_arguments: str = ""
    enable_batching: bool = False
    batching_parameters_file: Path | None = None
    ssl_config_file: Path | None = None
    rest_api_port: int = 0
    rest_api_num_threads: int = field(default_factory=_default_threads)
    rest_api_timeout_in_ms: int = 30_000
    rest_api_enable_cors_support: bool = False
    monitoring_config_file: Path | None = None

    def __post_init__(self) -> None:
        if self.model_base_path is None and self.model_config_file is None:
            raise ServerError("nothing to serve: give --model_base_path or --model_config_file; --help lists the flags")
        if not self.model_name:
            raise ServerError("--model_name is empty; give the name that clients put into model_spec")
        if not 0 <= self.port <= 65535:
            raise ServerError(f"--port={self.port} is no port; give 1 to 65535, or 0 for a free one")
        if self.grpc_max_threads < 1:
            raise ServerError(f"--grpc_max_threads={self.grpc_max_threads}; give at least 1")
        for name in ("file_system_poll_wait_seconds", "model_config_file_poll_wait_seconds"):
            if not 0 <= (value := getattr(self, name)) < float("inf"):
                raise ServerError(f"--{name}={value:g}; give 0 (look once) or a number of seconds")
        if self.batching_parameters_file is not None and not self.enable_batching:
            raise ServerError("--batching_parameters_file is set without --enable_batching; set both or none")
        self.channel_arguments()

    def channel_arguments(self) -> list[tuple[str, str | int]]:
        """Split `grpc_channel_arguments`; values that are integers become such.

        Raises:
            ServerError: an entry has no `=`.
        """
        found: list[tuple[str, str | int]] = []
        for entry in filter(None, self.grpc_channel_arguments.split(",")):
            name, equals, value = (part.strip() for part in entry.partition("="))
            if not equals or not name:
                raise ServerError(f"--grpc_channel_arguments: {entry!r} is no name=value")
            found.append((name, int(value) if value.lstrip("-").isdecimal() else value))
        return found


_HELP = {
    "model_base_path": "folder of the version folders",
    "model_name": "name in model_spec",
    "model_config_file": "ModelServerConfig: several models, in place of the two above",
    "model_config_file_poll_wait_seconds": "seconds between looks at it, 0 reads it once",
    "allow_version_labels_for_unavailable_models": "labels may name versions not loaded yet",
    "file_system_poll_wait_seconds": "seconds between looks for a new version, 0 looks once",
    "port": "gRPC port, 0 for a free one",
    "grpc_socket_path": "a Unix socket to answer on too",
    "grpc_max_threads": "requests handled at one time, others are refused",
    "grpc_channel_arguments": "gRPC arguments, name=value with commas between",
    "enable_batching": "join requests into batches",
    "batching_parameters_file": "BatchingParameters: how they are joined",
    "ssl_config_file": "SSLConfig: TLS, and mutual TLS",
    "rest_api_port": "REST port, 0 for no REST",
    "rest_api_num_threads": "REST requests answered at one time, others wait",
    "rest_api_timeout_in_ms": "milliseconds that a REST request may take, 0 for any",
    "rest_api_enable_cors_support": "let scripts of web pages of any origin ask",
    "monitoring_config_file": "MonitoringConfig: metrics for Prometheus on the REST port",
}


class _Parser(argparse.ArgumentParser):
    """Wrong flags are an error like all others, one line."""

    def error(self, message: str) -> NoReturn:
        raise ServerError(f"{message}; --help lists the flags")


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in ("true", "1")


_READ_AS: dict[Any, Any] = {bool: _bool, int: int, float: float, str: str, Path | None: Path}


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
    parser = _Parser(
        prog=program,
        description="Serve models with TF Serving's gRPC interface, for laptops and tests.",
        allow_abbrev=False,
    )
    for one in fields(ServerFlags):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        shown = "" if default in (None, "") else f" (default: {str(default).lower() if one.type is bool else default})"
        # A flag of TF Serving that is true or false stands alone for true.
        alone: dict[str, Any] = {"nargs": "?", "const": True} if one.type is bool else {}
        parser.add_argument(
            f"--{one.name}", type=_READ_AS[one.type], default=default, help=_HELP[one.name] + shown, **alone
        )
    return ServerFlags(**vars(parser.parse_args(arguments)))
