"""A model that is served: which versions answer, and how new ones replace them."""

import gc
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from serving.local.batching import BatchScheduler
from serving.local.errors import ServerError
from serving.local.model_directory import Fingerprint, VersionFolder, version_folders
from serving.local.model_settings import ModelSettings
from serving.local.servable import Servable, load_servable
from serving.local.serving_metrics import ServingMetrics
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
    """The versions of one model, kept current by `poll`.

    Requests may come from any number of threads; `load`, `poll` and `close` from one at a time.

    Args:
        settings: the model's name, where its versions are and which of them to serve.
        metrics: what is counted.
        batching: joins requests, where they are to be joined.
    """

    def __init__(
        self, settings: ModelSettings, metrics: ServingMetrics, batching: BatchScheduler | None = None
    ) -> None:
        self.settings = settings
        self._metrics = metrics
        self._batching = batching
        self._changed = threading.Condition()
        self._serving: dict[int, _Serving] = {}
        self._retiring: set[_Serving] = set()
        self._statuses: dict[int, VersionStatus] = {}
        self._failed: dict[int, tuple[VersionFolder, Fingerprint]] = {}
        self._complaint = ""
        self._closed = False

    @property
    def name(self) -> str:
        """The name that requests give."""
        return self.settings.name

    @contextmanager
    def use(self, version: int | None = None) -> Iterator[Servable]:
        """Hold a version: it is not unloaded before the block ends.

        Args:
            version: exactly this one; None takes the greatest of those that are served.

        Yields:
            The loaded version.

        Raises:
            RequestError: NOT_FOUND, the version is not served.
        """
        with self._changed:
            wanted = max(self._serving, default=None) if version is None else version
            serving = None if wanted is None else self._serving.get(wanted)
            if serving is None:
                asked = "any version" if version is None else f"version {version}"
                served = ", ".join(map(str, sorted(self._serving))) or "none"
                raise RequestError(
                    grpc.StatusCode.NOT_FOUND, f"model {self.name!r} does not serve {asked}; served: {served}"
                )
            serving.in_flight += 1
        try:
            yield serving.servable
        finally:
            with self._changed:
                serving.in_flight -= 1
                self._changed.notify_all()

    def in_flight(self) -> int:
        """Count the requests that the versions being served are answering."""
        with self._changed:
            return sum(serving.in_flight for serving in self._serving.values())

    def available(self) -> list[int]:
        """List the versions that answer, the greatest first."""
        with self._changed:
            return sorted(self._serving, reverse=True)

    def statuses(self) -> list[VersionStatus]:
        """List every version seen since the start, the greatest first."""
        with self._changed:
            return sorted(self._statuses.values(), key=lambda status: -status.version)

    def load(self) -> None:
        """Load, warm up and serve the versions that the policy picks.

        Raises:
            ServerError: there is none, or one of them is damaged.
        """
        for folder in self._chosen():
            self._load(folder)

    def poll(self) -> None:
        """Look for other versions than those served and move to them; what fails is logged, not raised.

        Versions that the policy no longer picks end once one that it picks answers, so that the model stays up.
        """
        try:
            chosen = self._chosen()
        except ServerError as error:
            self._complain(str(error))
            return
        for folder in chosen:
            self._load_once(folder)
        wanted = {folder.version for folder in chosen}
        serving = set(self.available())
        if wanted & serving:
            self._complaint = "" if wanted <= serving else self._complaint
            for version in sorted(serving - wanted):
                self._retire(version)

    def close(self, timeout_seconds: float) -> bool:
        """Stop answering and let the versions go once their last requests have ended.

        Args:
            timeout_seconds: how long to wait for each.

        Returns:
            Whether every request has ended.
        """
        with self._changed:
            self._closed = True
        ended = [self._unload(self._taken_out(version), timeout_seconds) for version in self.available()]
        with self._changed:
            return self._changed.wait_for(lambda: not self._retiring, timeout_seconds) and all(ended)

    def _chosen(self) -> list[VersionFolder]:
        chosen = self.settings.policy.chosen(version_folders(self.settings.base_path))
        missing = set(self.settings.policy.specific) - {folder.version for folder in chosen}
        if missing:
            listed = ", ".join(map(str, sorted(missing)))
            complaint = f"model base path {self.settings.base_path} has no version {listed}, which the policy names"
            if not chosen:
                raise ServerError(f"{complaint}; export it, or name another")
            self._complain(complaint)
        return chosen

    def _load_once(self, folder: VersionFolder) -> None:
        """Load a version that is not served, unless it failed before and its files are still the same."""
        with self._changed:
            if folder.version in self._serving:
                return
        state = folder, folder.fingerprint()
        if self._failed.get(folder.version) == state:
            return
        try:
            self._load(folder)
        except ServerError as error:
            self._failed[folder.version] = state
            self._complain(str(error))
        else:
            self._failed.pop(folder.version, None)

    def _complain(self, reason: str) -> None:
        if reason != self._complaint:
            self._complaint = reason
            served = ", ".join(map(str, self.available())) or "none"
            log.error("%s; versions of %s that are served: %s", reason, self.name, served)

    def _load(self, folder: VersionFolder) -> None:
        self._set_status(folder.version, State.LOADING)
        try:
            with self._metrics.load(str(folder.path)):
                servable = load_servable(folder.path, folder.version, self._batching)
            warmed = self._warm_up(servable, folder)
        except ServerError as error:
            self._set_status(folder.version, State.END, str(error))
            raise
        with self._changed:
            if self._closed:  # closed while it was being loaded
                self._statuses[folder.version] = VersionStatus(folder.version, State.END)
                return
            self._serving[folder.version] = _Serving(servable)
            self._statuses[folder.version] = VersionStatus(folder.version, State.AVAILABLE)
        log.info("model %s version %d loaded, %d warm-up requests run", self.name, folder.version, warmed)

    def _warm_up(self, servable: Servable, folder: VersionFolder) -> int:
        began = time.monotonic()
        try:
            warmed = warm_up(servable, folder.path)
        except ServerError as error:
            self._metrics.warm_up(str(folder.path), 0, time.monotonic() - began, f"UNKNOWN: {error}")
            raise
        if warmed:
            self._metrics.warm_up(str(folder.path), warmed, time.monotonic() - began)
        return warmed

    def _retire(self, version: int) -> None:
        """Take no more requests for a version, and let it go in a thread of its own once those it has are answered.

        So the look for new versions, of this model and of the others, waits for nobody's request.
        """
        old = self._taken_out(version)
        with self._changed:
            self._retiring.add(old)
        name = f"retire-{self.name}-{version}"
        threading.Thread(target=self._retired, args=(old,), name=name, daemon=True).start()

    def _retired(self, old: _Serving) -> None:
        self._unload(old)
        with self._changed:
            self._retiring.discard(old)
            self._changed.notify_all()

    def _taken_out(self, version: int) -> _Serving:
        with self._changed:
            self._statuses[version] = VersionStatus(version, State.UNLOADING)
            return self._serving.pop(version)

    def _unload(self, old: _Serving, timeout_seconds: float | None = None) -> bool:
        version = old.servable.version
        with self._changed:
            drained = self._changed.wait_for(lambda: old.in_flight == 0, timeout_seconds)
            # Otherwise the version is back, loaded anew.
            if drained and self._statuses[version].state == State.UNLOADING:
                self._statuses[version] = VersionStatus(version, State.END)
        if drained:
            del old.servable
            # A loaded model refers to itself in circles; without this two versions would stay in memory.
            gc.collect()
            log.info("model %s version %d unloaded", self.name, version)
        return drained

    def _set_status(self, version: int, state: int, error: str = "") -> None:
        with self._changed:
            self._statuses[version] = VersionStatus(version, state, error)
