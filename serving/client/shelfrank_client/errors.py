"""What can go wrong, by kind."""

import reprlib
from collections.abc import Sequence

CANCELLED = "CANCELLED"


class RankingError(Exception):
    """A request that brought no ranking.

    Args:
        message: what happened.
        code: the name of the gRPC status code; ``INVALID_ARGUMENT`` for what the client itself refuses.
        details: the server's own message; empty where no server was asked.
    """

    def __init__(self, message: str, code: str = "UNKNOWN", details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.request_id = ""
        """Of the request that failed, where it ranks."""


class DeadlineExceeded(RankingError):
    """No answer within the deadline."""


class Unavailable(RankingError):
    """The server can't be reached or is overloaded."""


class InvalidRequest(RankingError):
    """The request does not fit the model."""


class ModelNotFound(RankingError):
    """The server has no such model, version or signature."""


class ServerError(RankingError):
    """The server failed, or its answer can't be read."""


# TF Serving answers FAILED_PRECONDITION for a signature that the model lacks.
_KINDS: dict[str, type[RankingError]] = {
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "UNAVAILABLE": Unavailable,
    "RESOURCE_EXHAUSTED": Unavailable,
    "INVALID_ARGUMENT": InvalidRequest,
    "OUT_OF_RANGE": InvalidRequest,
    "NOT_FOUND": ModelNotFound,
    "FAILED_PRECONDITION": ModelNotFound,
}


def error_of(code: str, details: str, target: str) -> RankingError:
    """The typed error of a gRPC status.

    Args:
        code: the name of the status code.
        details: the server's message.
        target: the server.
    """
    return _KINDS.get(code, ServerError)(f"{target}: {code}: {' '.join(details.split())}", code, details)


def resting(targets: Sequence[str]) -> Unavailable:
    """The error of a request for which no server is left: each failed too often of late."""
    message = "UNAVAILABLE: failed too often of late, left alone for a moment"
    return Unavailable(f"{', '.join(targets)}: {message}", "UNAVAILABLE")


def closed() -> RankingError:
    """The error of a client that was closed."""
    return RankingError("the client is closed", CANCELLED)


def invalid(message: str) -> InvalidRequest:
    """The error of a request that the client itself refuses."""
    return InvalidRequest(message, "INVALID_ARGUMENT")


def unreadable(message: str) -> ServerError:
    """The error of an answer that is none of a Shelfrank model."""
    return ServerError(message, "INTERNAL")


def brief(value: object) -> str:
    """A value for an error's text: a request may hold a very long one."""
    return reprlib.repr(value)
