"""What a URL asks for: `/v1/models/NAME[/versions/N|/labels/L]` with `:predict`, `:classify`, `:regress` or `/metadata`."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tensorflow_serving.apis import model_pb2

from serving.local.status import invalid_argument

_VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_CALL = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<method>classify|regress|predict)", re.IGNORECASE)
_LOOK = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?:/(?P<part>metadata))?", re.IGNORECASE)
_LARGEST_VERSION = 2**63 - 1


@dataclass(frozen=True)
class Route:
    """Where a request goes.

    Args:
        method: `predict`, `classify`, `regress`, `metadata` or `status`.
        api: the label of the metrics: the method as the URL writes it, empty for `metadata` and `status`.
        name: the model, empty where the URL has none.
        version: exactly this one.
        label: the version that this label is on.
    """

    method: str
    api: str
    name: str
    version: int | None = None
    label: str | None = None

    def fill(self, spec: model_pb2.ModelSpec) -> None:
        """Name the model and its version in a request."""
        spec.name = self.name
        if self.version is not None:
            spec.version.value = self.version
        if self.label is not None:
            spec.version_label = self.label


def is_served(target: str) -> bool:
    """Whether a URL belongs to the interface; any other does not exist."""
    return target[:4].lower() == "/v1/"


def parse_route(http_method: str, target: str) -> Route:
    """Read a request's method and URL.

    Args:
        http_method: GET, POST or another.
        target: path and query; a query is part of no route.

    Returns:
        The route.

    Raises:
        RequestError: INVALID_ARGUMENT, there is no such route, or the version is greater than versions are.
    """
    pattern = {"POST": _CALL, "GET": _LOOK}.get(http_method)
    match = pattern.fullmatch(target) if pattern is not None else None
    if match is None:
        raise invalid_argument(f"Malformed request: {http_method} {target}")
    found = match.groupdict()
    version = None if found["version"] is None else _version(found["version"])
    method = found["method"] if http_method == "POST" else "metadata" if found["part"] == "metadata" else "status"
    if http_method == "POST" and method != method.lower():
        raise invalid_argument(f"Malformed request: {http_method} {target}")
    return Route(
        method=method,
        api=method if http_method == "POST" else "",
        name=unquote(found["name"] or ""),
        version=version,
        label=None if found["label"] is None else unquote(found["label"]),
    )


def _version(digits: str) -> int:
    # Python refuses to convert thousands of digits.
    significant = digits.lstrip("0") or "0"
    if len(significant) > len(str(_LARGEST_VERSION)) or int(significant) > _LARGEST_VERSION:
        raise invalid_argument(f"Failed to convert version: {digits} to numeric.")
    return int(significant)
