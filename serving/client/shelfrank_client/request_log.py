"""A sampled log of what was shown, in the form of the table ``search_log``."""

import atexit
import hashlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

from shelfrank_client.errors import invalid
from shelfrank_client.page import ItemPage
from shelfrank_client.page_query import CheckedPage, PageQuery
from shelfrank_client.request_log_parts import Parts, recover
from shelfrank_client.request_log_rows import Shown, cell, further_outputs, rows_of, shown_page
from shelfrank_client.signature import PAGE_INPUTS

LOG = logging.getLogger("shelfrank_client")
QUIET_SECONDS = 3600.0
"""Between two lines that say the same."""

Answers = Sequence[tuple[Iterable[int], Any]]


class RequestLog:
    """Writes the pages and lists that clients return to CSV.gz files, in a thread of its own; a request never waits for it.

    Several clients may share one, of either kind. `close`, the end of a ``with`` block or of the process completes the
    part that is open; a process that is killed leaves it to the next one that logs to the folder.

    Args:
        folder: of the parts; made where it is missing. Several processes may share it.
        rate: share of the requests that is logged, by `sampled`.
        part_seconds: after which a part is complete.
        part_bytes: of rows, after which a part is complete.
        queue: requests that may wait to be written; of more than those, the newest are dropped.

    Raises:
        InvalidRequest: if an argument can't be, or nothing can be written to the folder.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        rate: float = 1.0,
        part_seconds: float = 600.0,
        part_bytes: int = 16 << 20,
        queue: int = 1000,
    ) -> None:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise invalid(f"rate: expected a share from 0 to 1, found {rate!r}")
        for name, value in (("part_seconds", part_seconds), ("part_bytes", part_bytes), ("queue", queue)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise invalid(f"{name}: expected a number above 0, found {value!r}")
        self.folder = Path(folder)
        self.rate = rate
        self._limits = int(part_bytes), part_seconds
        self._most_waiting = max(int(queue), 1)
        self._said: dict[str, float] = {}
        self._logged = self._dropped = self._failed = 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            recovered = recover(self.folder)
        except OSError as error:
            raise invalid(f"folder: {self.folder}: can't be written to ({error.strerror or error})") from None
        if not os.access(self.folder, os.W_OK):
            raise invalid(f"folder: {self.folder}: can't be written to (no permission)")
        if recovered:
            LOG.info("request log %s: completed %d parts that were left open", self.folder, recovered)
        self._begin()
        _at_end(self)

    @property
    def logged(self) -> int:
        """Requests that are in the files."""
        return self._logged

    @property
    def dropped(self) -> int:
        """Requests that were left out because too many waited, or the log was closed."""
        return self._dropped

    @property
    def failed(self) -> int:
        """Requests that could not be written: an error of the disk, or of a value."""
        return self._failed

    def sampled(self, request_id: str) -> bool:
        """Whether a request is logged: the first 32 bits of the id's SHA-256, as a share of 2 ** 32, are below the rate.

        Whoever follows this rule samples the same requests, and a higher rate holds those of a lower one.
        """
        return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:4], "big") < self.rate * 2**32

    def offer(
        self,
        request_id: str,
        model: str,
        asked: Sequence[PageQuery | CheckedPage],
        ranked: Sequence[ItemPage[Any]],
        inputs: Iterable[str] | None,
        answers: Answers = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Take note of a request, if it is sampled; raises nothing and waits for nothing.

        Args:
            request_id: of the request; several pages get ``<id>/1``, ``<id>/2`` and so on, as a page has an id in the table.
            model: that was asked.
            asked: its pages.
            ranked: what the caller gets, as many.
            inputs: of the model's signature; None where they are not known, and the features that were given are logged.
            answers: the numbers of the pages that a call was for, and its PredictResponse.
            more: what else the request was made with, by column.
        """
        try:
            if not self.sampled(request_id) or not any(page.items for page in ranked):
                return
            now = time.time()
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
            names = None if inputs is None else sorted(set(inputs) - set(PAGE_INPUTS))
            ids = [request_id] if len(ranked) == 1 else [f"{request_id}/{n + 1}" for n in range(len(ranked))]
            further = further_outputs(answers, len(ranked))
            shared = {name: cell(value) for name, value in (more or {}).items()}
            shared |= {"timestamp": moment, "model": model}
            pages = [
                shown_page(page, result, {**shared, "request_id": each}, names, outputs)
                for each, page, result, outputs in zip(ids, asked, ranked, further, strict=True)
                if result.items
            ]
            self._put(pages)
        except Exception as error:
            self._fail(error)

    def close(self, timeout: float = 10.0) -> None:
        """Write what waits and complete the open part; requests after it are dropped.

        Args:
            timeout: seconds, after which what is left is given up.
        """
        end = time.monotonic() + timeout
        with self._starting:
            self._closed, thread = True, self._thread
        if thread is not None and thread.is_alive():
            try:
                self._waiting.put(None, timeout=timeout)
            except Full:
                LOG.warning("request log %s: closed with %d requests unwritten", self.folder, self._waiting.qsize())
            thread.join(max(end - time.monotonic(), 0.0))

    def __enter__(self) -> "RequestLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        """Start anew; also in the child of a fork, to which no thread and no part belongs."""
        self._starting = threading.Lock()
        self._counted = threading.Lock()
        self._waiting: Queue[list[Shown] | None] = Queue(self._most_waiting)
        self._parts = Parts(self.folder, *self._limits)
        self._thread: threading.Thread | None = None
        self._closed = False

    def _put(self, pages: list[Shown]) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None and not self._closed:
                    self._thread = threading.Thread(target=self._write, name="shelfrank-request-log", daemon=True)
                    self._thread.start()
        try:
            if self._closed:
                raise Full
            self._waiting.put_nowait(pages)
        except Full:
            with self._counted:
                self._dropped += 1
            why = "it is closed" if self._closed else f"{self._most_waiting} wait to be written"
            self._say("dropped", f"requests are left out: {why}; RequestLog.dropped counts them")

    def _write(self) -> None:
        while True:
            try:
                pages = self._waiting.get(timeout=self._parts.left())
            except Empty:
                self._finish()
                continue
            if pages is None:
                self._finish()
                return
            try:
                self._parts.add([row for page in pages for row in rows_of(page)])
                with self._counted:
                    self._logged += 1
            except Exception as error:
                self._fail(error)

    def _finish(self) -> None:
        try:
            self._parts.finish()
        except Exception as error:
            self._say("failed", f"a part can't be completed, the next start tries again: {error!r}")

    def _fail(self, error: Exception) -> None:
        with self._counted:
            self._failed += 1
        self._say("failed", f"requests can't be written: {error!r}; RequestLog.failed counts them")

    def _say(self, kind: str, what: str) -> None:
        now = time.monotonic()
        with self._counted:
            quiet = now - self._said.get(kind, -QUIET_SECONDS) < QUIET_SECONDS
            self._said[kind] = self._said[kind] if quiet else now
        if not quiet:
            LOG.warning("request log %s: %s", self.folder, what)


def _at_end(log: RequestLog) -> None:
    """Let the log know of the end of the process, and of forks, as long as somebody holds it."""
    held = weakref.ref(log)

    def close() -> None:
        if (there := held()) is not None:
            there.close()

    def begin() -> None:
        if (there := held()) is not None:
            there._begin()

    atexit.register(close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin)
