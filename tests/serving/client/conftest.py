"""One server process of the official stubs for all tests, and the two clients behind one blocking interface."""

import asyncio
import contextvars
import csv
import gzip
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shelfrank_client import AsyncRankingClient, InvalidRequest, RankingClient, protocol, tensors
from shelfrank_client.conversation import Conversation
from shelfrank_client.settings import Settings

SECONDS = 20.0
TLS = [
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
]


@pytest.fixture(scope="session")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of its own for localhost, or an empty one where there is no openssl."""
    folder = tmp_path_factory.mktemp("tls")
    if shutil.which("openssl"):
        names = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
        subprocess.run(["openssl", "req", "-x509", *TLS, *names], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def ports(tls_folder: Path) -> Iterator[dict[str, int]]:
    """Ports of the server process: ``serving``, ``not_serving``, ``no_health`` and perhaps ``tls``."""
    program = Path(__file__).with_name("official_server.py")
    command = [sys.executable, str(program), str(tls_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        process.wait(30)


class Blocking:
    """`AsyncRankingClient` with methods that wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Made outside the event loop on purpose.
        self._client = AsyncRankingClient(*arguments, **options)
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            return await method(*arguments, **options)

        return lambda *arguments, **options: self._runner.run(
            call(*arguments, **options), context=contextvars.copy_context()
        )

    def end(self) -> None:
        self.close()
        self._runner.close()


Connect = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def transport(request: pytest.FixtureRequest) -> str:
    """Which of the two clients."""
    return str(request.param)


@pytest.fixture
def connect(ports: dict[str, int], transport: str) -> Iterator[Connect]:
    """Makes clients, which are closed at the end of the test."""
    made: list[Any] = []

    def begin(port: str | int = "serving", host: str = "127.0.0.1", **options: Any) -> Any:
        number = ports[port] if isinstance(port, str) else port
        kind = RankingClient if transport == "sync" else Blocking
        target = options.pop("target", f"{host}:{number}")
        made.append(kind(target, **{"deadline": SECONDS, **options}))
        return made[-1]

    yield begin
    for client in made:
        client.close() if transport == "sync" else client.end()


@pytest.fixture
def client(connect: Connect) -> Any:
    """A client of the model ``shelfrank``."""
    return connect()


@pytest.fixture
def received() -> Callable[..., dict[str, Any]]:
    """What the server read from a request, with the official stubs."""

    def read(call: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, Any]:
        with pytest.raises(InvalidRequest) as caught:
            call("show", *arguments, **options)
        found: dict[str, Any] = json.loads(caught.value.details)
        assert found.pop("metadata")["x-request-id"] == caught.value.request_id
        return found

    return read


@pytest.fixture
def told() -> list[Any]:
    """What an observer was told."""
    return []


@pytest.fixture
def talk() -> Callable[..., Conversation]:
    """Makes conversations, whose calls a test answers itself."""

    def begin(**changes: Any) -> Conversation:
        settings = {"deadline": 0.5, "version": None, "signature": "serving_default", "max_candidates": 100}
        return Conversation(Settings(("ranker:8500",), "shelfrank", **{**settings, **changes}))

    return begin


@pytest.fixture
def signatures() -> Any:
    """The answer of a model that ranks by id and has no features."""
    found = protocol.SignatureDefMap()
    for name in ("query", "user_id", "history", "item_id"):
        found.signature_def["serving_default"].inputs[name].dtype = tensors.STRING
    response = protocol.GetModelMetadataResponse()
    response.metadata["signature_def"].value = found.SerializeToString()
    return response


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that is taken and not answered."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def rows_of() -> Callable[[Path], list[dict[str, str]]]:
    """Reads all rows of the complete parts of a request log, in the order of their names."""

    def read(folder: Path) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        for path in sorted(folder.glob("*.csv.gz")):
            with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
                rows += csv.DictReader(lines)
        return rows

    return read


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds, at most 20 seconds."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, "did not come to hold in time"
            threading.Event().wait(0.005)

    return wait
