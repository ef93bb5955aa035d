"""Sends malformed requests to a server and counts what comes back."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent import futures
from dataclasses import dataclass, field

import grpc

METHOD = "/tensorflow.serving.PredictionService/Predict"
THREADS = 4
DEADLINE_SECONDS = 60.0
# What a request by itself can cause. Anything else says that the server met what it did not foresee.
CLEAN = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
# gRPC's own answer to bytes that are no message.
NO_MESSAGE = "Exception deserializing request!"


@dataclass
class Fuzzed:
    """What came of the requests.

    Attributes:
        codes: how many ended with each code.
        unclean: code and message of those that no request should cause, each once.
    """

    codes: Counter[grpc.StatusCode] = field(default_factory=Counter)
    unclean: set[tuple[str, str]] = field(default_factory=set)

    def add(self, code: grpc.StatusCode, message: str) -> None:
        """Count one."""
        self.codes[code] += 1
        if code not in CLEAN and not (code == grpc.StatusCode.INTERNAL and message == NO_MESSAGE):
            self.unclean.add((code.name, message))


def fuzz(
    target: str, requests: Iterable[bytes], each: Callable[[bytes, float], None] = lambda request, seconds: None
) -> Fuzzed:
    """Send requests, four at a time.

    Args:
        target: host:port of the server.
        requests: serialised messages.
        each: called after every request with it and the seconds that it took.

    Returns:
        The counts.
    """
    found = Fuzzed()
    with grpc.insecure_channel(target) as channel, futures.ThreadPoolExecutor(THREADS) as pool:
        call = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)

        def send(request: bytes) -> tuple[grpc.StatusCode, str, bytes, float]:
            code, message, began = grpc.StatusCode.OK, "", time.monotonic()
            try:
                call(request, timeout=DEADLINE_SECONDS)
            except grpc.RpcError as error:
                code, message = error.code(), error.details() or ""  # type: ignore[attr-defined]
            return code, message, request, time.monotonic() - began

        for code, message, request, seconds in pool.map(send, requests):
            found.add(code, message)
            each(request, seconds)
    return found
