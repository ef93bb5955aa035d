"""A model that is served: which version answers, and how a new one replaces it."""

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from serving.local.errors import ServerError
from serving.local.model_directory import Fingerprint, VersionFolder, latest_version
from serving.local.servable import Servable, load_servable
from serving.local.status import RequestError
from serving.local.warmup import warm_up

log = logging.getLogger(__name__)

State = get_model_status_pb2.ModelVersionStatus


@dataclass(frozen=True)
class VersionStatus:
    """Where a version is in its life.

    Args:
        version: its number.
        state: START, LOADING, AVAILABLE, UNLOADING or END of `ModelVersionStatus`.
        error: why it failed to load, empty otherwise.
    """

    version: int
    state: int
    error: str = ""


class _Serving:
    def __init__(self, servable: Servable) -> None:
        self.servable = servable
        self.in_flight = 0


class ServedModel:
    """The greatest version under a base path, kept current by `poll`.

    Requests may come from any number of threads; `poll` and `close` from one at a time.

    Args:
        name: the name that requests give.
        base_path: the folder that holds the version folders.
    """

    def __init__(self, name: str, base_path: Path) -> None:
        self.name = name
        self.base_path = base_path
        self._changed = threading.Condition()
        self._serving: _Serving | None = None
        self._statuses: dict[int, VersionStatus] = {}
        self._failed: tuple[VersionFolder, Fingerprint] | None = None
        self._complaint = ""
        self._closed = False

    @contextmanager
    def use(self, version: int | None = None) -> Iterator[Servable]:
        """Hold the version that answers: it is not unloaded before the block ends.

        Args:
            version: exactly this one; None takes the one being served.

        Yields:
            The loaded version.

        Raises:
            RequestError: NOT_FOUND, the version is not the one being served.
        """
        with self._changed:
            serving = self._serving
            if serving is None or version not in (None, serving.servable.version):
                wanted = "any version" if version is None else f"version {version}"
                served = "none" if serving is None else serving.servable.version
                raise RequestError(
                    grpc.StatusCode.NOT_FOUND,
                    f"model {self.name!r} does not serve {wanted}; the version served is {served}",
                )
            serving.in_flight += 1
        try:
            yield serving.servable
        finally:
            with self._changed:
                serving.in_flight -= 1
                self._changed.notify_all()

    def in_flight(self) -> int:
        """Count the requests that the version being served is answering."""
        with self._changed:
            return 0 if self._serving is None else self._serving.in_flight

    def statuses(self) -> list[VersionStatus]:
        """List every version seen since the start, the greatest first."""
        with self._changed:
            return sorted(self._statuses.values(), key=lambda status: -status.version)

    def load_latest(self) -> int:
        """Load, warm up and serve the greatest version on disk, and drain the one served before.

        Returns:
            Its number.

        Raises:
            ServerError: there is none, or it is damaged; what was served before goes on.
        """
        return self._load(latest_version(self.base_path))

    def poll(self) -> None:
        """Look for another version than the one served and move to it; what fails is logged, not raised."""
        try:
            folder = latest_version(self.base_path)
            with self._changed:
                if self._serving is not None and self._serving.servable.version == folder.version:
                    return
            # A version that failed is left alone until its files change.
            fingerprint = folder.fingerprint()
            if self._failed == (folder, fingerprint):
                return
            self._failed = (folder, fingerprint)
            self._load(folder)
            self._failed = None
            self._complaint = ""
        except ServerError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.error("%s; the version served before goes on", error)

    def close(self, timeout_seconds: float) -> bool:
        """Stop answering and let the version go once its last request has ended.

        Args:
            timeout_seconds: how long to wait for that.

        Returns:
            Whether every request has ended.
        """
        with self._changed:
            self._closed = True
        return self._replace(None, timeout_seconds)

    def _load(self, folder: VersionFolder) -> int:
        self._set_status(folder.version, State.LOADING)
        try:
            servable = load_servable(folder.path, folder.version)
            warmed = warm_up(servable, folder.path)
        except ServerError as error:
            self._set_status(folder.version, State.END, str(error))
            raise
        log.info("model %s version %d loaded, %d warm-up requests run", self.name, folder.version, warmed)
        self._replace(servable)
        return folder.version

    def _replace(self, servable: Servable | None, timeout_seconds: float | None = None) -> bool:
        unloaded, drained = self._swap(servable, timeout_seconds)
        if unloaded is not None and drained:
            # A loaded model refers to itself in circles; without this two versions would stay in memory.
            gc.collect()
            log.info("model %s version %d unloaded", self.name, unloaded)
        return drained

    def _swap(self, servable: Servable | None, timeout_seconds: float | None) -> tuple[int | None, bool]:
        with self._changed:
            if servable is not None and self._closed:  # closed while it was being loaded
                self._statuses[servable.version] = VersionStatus(servable.version, State.END)
                return None, True
            old = self._serving
            self._serving = None
            if servable is not None:
                self._serving = _Serving(servable)
                self._statuses[servable.version] = VersionStatus(servable.version, State.AVAILABLE)
            if old is None:
                return None, True
            version = old.servable.version
            self._statuses[version] = VersionStatus(version, State.UNLOADING)
            drained = self._changed.wait_for(lambda: old.in_flight == 0, timeout_seconds)
            if drained:
                self._statuses[version] = VersionStatus(version, State.END)
            return version, drained

    def _set_status(self, version: int, state: int, error: str = "") -> None:
        with self._changed:
            self._statuses[version] = VersionStatus(version, state, error)
