"""The `model_spec` of a request: which model and version it wants."""

import grpc
from tensorflow_serving.apis import model_pb2

from serving.local.status import RequestError, invalid_argument


def version_of(spec: model_pb2.ModelSpec, served_name: str) -> int | None:
    """Read which version of the served model a request wants.

    Args:
        spec: the request's `model_spec`.
        served_name: the name of the model served here.

    Returns:
        The version, which may be 0; None where the field is unset, for the latest.

    Raises:
        RequestError: no name, another model's name, or a version label (which need a config file).
    """
    if not spec.name:
        raise invalid_argument("model_spec has no name")
    choice = spec.WhichOneof("version_choice")
    if choice == "version_label":
        raise invalid_argument(f"version label {spec.version_label!r} is not known: no labels are set here")
    version = spec.version.value if choice == "version" else None
    if spec.name != served_name:
        raise RequestError(grpc.StatusCode.NOT_FOUND, f"model {spec.name!r} is not served here; {served_name!r} is")
    return version
