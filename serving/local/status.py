"""What goes wrong in a request, as gRPC status codes with a message of one line."""

import logging
import re
from collections.abc import Callable
from typing import TypeVar

import grpc
import tensorflow as tf

log = logging.getLogger(__name__)

Request = TypeVar("Request")
Response = TypeVar("Response")

# TF Serving cuts longer messages too: they travel in HTTP/2 headers, which clients limit to 8 kB.
_LONGEST_MESSAGE = 1024

_CODES = {code.value[0]: code for code in grpc.StatusCode}
# Frames around the message of a failed op that say nothing about the request.
_NOISE = re.compile(
    r"^Graph execution error:|^Detected at node .*|^<stack traces unavailable>|\[Op:[^\]]*\]"
    r"|\{\{function_node [^}]*\}\}|\{\{function_node [^ ]*\}\}",
    re.MULTILINE,
)


class RequestError(Exception):
    """A request that cannot be answered.

    Args:
        code: the status that the client gets.
        message: the reason, one line.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_argument(message: str) -> RequestError:
    """Make the error of a request that is wrong by itself."""
    return RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)


def one_line(text: str) -> str:
    """Take TensorFlow's frames out of a message and fold it into one line of at most 1024 characters."""
    line = " ".join(_NOISE.sub(" ", text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "...TRUNCATED"


def status_of(error: Exception) -> tuple[grpc.StatusCode, str]:
    """Give the status and the message that a client gets for an error.

    Args:
        error: what a request raised.

    Returns:
        The code (TensorFlow's codes are gRPC's by number; INTERNAL for anything unforeseen) and one line.
    """
    if isinstance(error, RequestError):
        return error.code, one_line(error.message)
    if isinstance(error, tf.errors.OpError):
        return _CODES.get(error.error_code, grpc.StatusCode.UNKNOWN), one_line(error.message)
    if isinstance(error, MemoryError):
        return grpc.StatusCode.RESOURCE_EXHAUSTED, "out of memory"
    return grpc.StatusCode.INTERNAL, one_line(f"{type(error).__name__}: {error}")


def answered(answer: Callable[[Request], Response], request: Request, context: grpc.ServicerContext) -> Response:
    """Answer a call, or end it with the right status.

    Args:
        answer: makes the response.
        request: what came.
        context: the call.

    Returns:
        The response.
    """
    try:
        return answer(request)
    except Exception as error:
        code, message = status_of(error)
        if code == grpc.StatusCode.INTERNAL:
            log.exception("request failed")
    # Outside of the handler, so that gRPC's own exception does not carry the first one along.
    context.abort(code, message)
    raise AssertionError("abort raises")
