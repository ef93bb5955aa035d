"""Which HTTP status stands for which gRPC status, as TF Serving's `http_server.cc` has it."""

import grpc

_CLIENT_CLOSED_REQUEST = 499

_CODES = {
    grpc.StatusCode.OK: 200,
    grpc.StatusCode.CANCELLED: _CLIENT_CLOSED_REQUEST,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}


def http_code(code: grpc.StatusCode) -> int:
    """Give the HTTP status of a gRPC status; 500 for UNKNOWN, INTERNAL and DATA_LOSS."""
    return _CODES.get(code, 500)
