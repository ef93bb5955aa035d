"""The two sides of a comparison: servers, or bundles that are served for its time."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shelfrank_client import RankingClient
from tools.local_server import served
from tools.pages_to_send import Lengths
from trainer.errors import InputError

MODEL = "shelfrank"
SERVER = re.compile(r"(?P<target>[^/@]+:\d+)(/(?P<model>[^/@:]+)(@(?P<version>\d+)|:(?P<label>[^/@:]+))?)?")
EXPECTED = "expected host:port, host:port/model, host:port/model@version, host:port/model:label or a folder models/name/version"


@dataclass(frozen=True)
class Side:
    """A model on a server.

    Attributes:
        name: as the command line gave it.
        target: host:port.
        model: the model's name.
        version: of the model; None for the latest.
        label: of the version, in its place.
    """

    name: str
    target: str
    model: str
    version: int | None = None
    label: str | None = None

    def client(self, deadline: float, lengths: Lengths) -> RankingClient:
        """A client that asks this side, never falls back and leaves no failing server alone."""
        return RankingClient(
            self.target,
            self.model,
            deadline,
            self.version,
            label=self.label,
            fallback=False,
            breaker=None,
            list_sizes=lengths.list_sizes,
            history_length=lengths.history_length,
        )


@contextmanager
def side_of(text: str) -> Iterator[Side]:
    """A side; a bundle folder is served by a local server of its own until the end.

    Args:
        text: a server or a bundle folder, as the command line gave it.

    Raises:
        InputError: if it is neither, or the bundle can't be served.
    """
    folder = Path(text)
    if text and folder.is_dir():
        with _bundle(text, folder) as side:
            yield side
        return
    found = SERVER.fullmatch(text)
    if found is None:
        raise InputError(f"{text}: is neither a server nor a folder; {EXPECTED}")
    version = found["version"]
    yield Side(
        text, found["target"], found["model"] or MODEL, None if version is None else int(version), found["label"]
    )


@contextmanager
def _bundle(text: str, folder: Path) -> Iterator[Side]:
    folder = folder.resolve()
    if not (folder / "saved_model.pb").is_file():
        raise InputError(
            f"{text}: holds no bundle (saved_model.pb is missing); give a version folder, models/name/version"
        )
    if not folder.name.isdecimal():
        raise InputError(f"{text}: a bundle's folder is named by its version, a number; rename it")
    model = folder.parent.name
    with tempfile.TemporaryDirectory(prefix="shelfrank-shadow-") as work:
        base = Path(work, "base")
        base.mkdir()
        # The server takes the newest version below its base path: this one must be the only one.
        (base / folder.name).symlink_to(folder, target_is_directory=True)
        with served(base, model, Path(work, "server.log")) as (target, _):
            yield Side(text, target, model, int(folder.name))
