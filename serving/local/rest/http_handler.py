"""One HTTP connection of the REST interface, with as many requests as the client sends on it."""

import logging
import re
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import grpc

from serving.local.rest.http_body import BodyError, read_body
from serving.local.rest.http_codes import http_code
from serving.local.rest.rest_api import Reply
from serving.local.rest.routes import is_served

if TYPE_CHECKING:
    from serving.local.rest.rest_server import ListeningServer

log = logging.getLogger(__name__)

_JSON = "application/json"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}
_ORIGIN = re.compile("https?://")


class RestHandler(BaseHTTPRequestHandler):
    """Answer the requests of a connection, one after another."""

    server: "ListeningServer"

    protocol_version = "HTTP/1.1"
    # Seconds that a client may keep silent, as libevent has it, which TF Serving listens with.
    timeout = 50.0
    # Head and body leave in one piece, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a request of any method; `http.server` calls a method of this name for each."""
        start = time.monotonic()
        try:
            body = read_body(self.rfile, self.headers)
        except BodyError as error:
            self.close_connection = True
            self._send(error.http_status, f"{error.reason}\n".encode(), {"Content-Type": "text/plain"})
            return
        target = _target(self.path)
        metrics_path = self.server.settings.metrics_path
        if metrics_path is not None and target.partition("?")[0] == metrics_path:
            self._send_metrics(target, metrics_path)
        elif is_served(target):
            self._answer(target, body, start)
        else:
            self._send(404, b"<html><title>404 Not Found</title></html>\n", {"Content-Type": "text/html"})

    do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET

    def setup(self) -> None:
        """Make the connection known to the server, which ends it when it stops."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Let the server forget the connection."""
        try:
            super().finish()
        finally:
            self.server.connections.remove(self.connection)

    def log_message(self, format: str, *args: object) -> None:
        """Log what `http.server` would write to standard error."""
        log.debug(format, *args)

    def _answer(self, target: str, body: bytes, start: float) -> None:
        settings = self.server.settings
        headers = dict(_CORS) if settings.cors else {}
        if self.command == "OPTIONS":
            allowed = _ORIGIN.search(self.headers.get("Origin", "")) is not None
            reply = Reply(grpc.StatusCode.OK if allowed else grpc.StatusCode.FAILED_PRECONDITION, b"")
        else:
            reply = self.server.answer(self.command, target, body)
            headers["Content-Type"] = _JSON
        settings.metrics.request(reply.model, reply.api, "REST", reply.code, time.monotonic() - start)
        self._send(http_code(reply.code), reply.body, headers)

    def _send_metrics(self, target: str, path: str) -> None:
        if target == path:
            status, page = 200, self.server.settings.metrics.page()
        else:
            status, page = 400, f"Unexpected path: {target}. Should be {path}"
        self._send(status, page.encode("utf-8", "replace"), {"Content-Type": "text/plain"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self.server.stopping.is_set():
            self.close_connection = True
        self.send_response_only(status, None if status in self.responses else "Client Closed Request")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _target(path: str) -> str:
    """Take scheme and host, which proxies send, off a URL."""
    if path.startswith("/"):
        return path
    parts = urlsplit(path)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
