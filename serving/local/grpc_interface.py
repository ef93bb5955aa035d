"""The gRPC server: where it listens, under which limits, and the services that it has."""

from collections.abc import Sequence
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import (
    model_service_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
)

from serving.local import model_service, prediction_service
from serving.local.answers import Answers
from serving.local.errors import ServerError
from serving.local.flags import ServerFlags
from serving.local.serving_metrics import ServingMetrics
from serving.local.tls import server_credentials

HOST = "0.0.0.0"  # as tensorflow_model_server, so that containers reach it
_LARGEST_MESSAGE = 2**31 - 1


def listening_server(flags: ServerFlags) -> tuple[grpc.Server, int]:
    """Make a server that listens, not started yet.

    Args:
        flags: port, socket, limits and certificates.

    Returns:
        The server and its port.

    Raises:
        ServerError: the port or the socket cannot be had, or the certificates are wrong.
    """
    credentials = None if flags.ssl_config_file is None else server_credentials(flags.ssl_config_file)
    options: dict[str, str | int] = {
        "grpc.max_receive_message_length": _LARGEST_MESSAGE,
        "grpc.max_send_message_length": _LARGEST_MESSAGE,
        # Otherwise a second server on the port starts without an error and takes half of the requests.
        "grpc.so_reuseport": 0,
    }
    options |= dict(flags.channel_arguments())
    server = grpc.server(
        futures.ThreadPoolExecutor(flags.grpc_max_threads, thread_name_prefix="grpc"),
        options=list(options.items()),
        maximum_concurrent_rpcs=flags.grpc_max_threads,
    )
    try:
        port = _listen(server, f"{HOST}:{flags.port}", credentials)
    except RuntimeError:
        raise ServerError(
            f"cannot listen on port {flags.port}: taken or not allowed; give another --port (0: a free one)"
        ) from None
    if flags.grpc_socket_path:
        try:
            _listen(server, f"unix:{flags.grpc_socket_path}", credentials)
        except RuntimeError:
            raise ServerError(
                f"cannot listen on the socket {flags.grpc_socket_path}: its folder must be there and writable; "
                "give another --grpc_socket_path"
            ) from None
    return server, port


def add_services(
    server: grpc.Server, answers: Answers, models: Sequence[str], metrics: ServingMetrics
) -> health.HealthServicer:
    """Register the services: prediction, models, health and reflection.

    Args:
        server: not started yet.
        answers: what answers.
        models: names that the health service knows too.
        metrics: what is counted.

    Returns:
        The health service, everything SERVING.
    """
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        prediction_service.PredictionService(answers, metrics), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(model_service.ModelService(answers), server)
    health_service = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    services = (prediction_service.SERVICE_NAME, model_service.SERVICE_NAME)
    # TF Serving's own names for them are short.
    for name in ("", *services, "PredictionService", "ModelService", *models):
        health_service.set(name, health_pb2.HealthCheckResponse.SERVING)
    # Reflection describes what has been imported, which the modules of the stubs alone don't see to.
    described = [
        file.DESCRIPTOR.services_by_name[name].full_name
        for file, name in ((prediction_service_pb2, "PredictionService"), (model_service_pb2, "ModelService"))
    ]
    reflection.enable_server_reflection((*described, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return health_service


def _listen(server: grpc.Server, address: str, credentials: grpc.ServerCredentials | None) -> int:
    if credentials is None:
        return server.add_insecure_port(address)
    return server.add_secure_port(address, credentials)
