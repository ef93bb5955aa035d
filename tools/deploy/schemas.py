"""The JSON schemas of Kubernetes, from the package ``kubernetes-validate``."""

import re
from typing import Any

from trainer.errors import InputError


class UnknownKind(Exception):
    """Kubernetes has no such kind in that version of its API."""


def newest_version() -> str:
    """The newest version of Kubernetes that there are schemas of, such as 1.37.0.

    Raises:
        InputError: the package is missing.
    """
    try:
        from kubernetes_validate import latest_version
    except ImportError:
        raise InputError(
            "check-deploy: needs the package kubernetes-validate; install it with pip install 'shelfrank[deploy]'"
        ) from None
    return str(latest_version())


def schema_errors(body: dict[str, Any], version: str) -> list[tuple[str, str]]:
    """Check a resource; unknown keys are errors.

    Args:
        body: the resource, with ``kind`` and ``apiVersion``.
        version: of Kubernetes.

    Returns:
        The path and the message of each error, in order of the paths.

    Raises:
        UnknownKind: there is no schema for it.
    """
    import kubernetes_validate
    from jsonschema import Draft202012Validator
    from kubernetes_validate.utils import schema_contents
    from referencing import Registry, Resource

    try:
        kubernetes_validate.validate(body, version, strict=True)
        return []
    except kubernetes_validate.SchemaNotFoundError:
        raise UnknownKind from None
    except kubernetes_validate.ValidationError:
        pass  # It says the first error only; below are all.
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    # The file of rbac.authorization.k8s.io/v1 is named after rbac-v1.
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", body["apiVersion"])
    schema = schema_contents(f"{folder}/{body['kind'].lower()}-{api}.json", version)
    definitions = schema_contents(f"{folder}/_definitions.json", version)
    registry = Resource.from_contents(definitions) @ (Resource.from_contents(schema) @ Registry())
    errors = Draft202012Validator(schema, registry=registry).iter_errors(body)
    return sorted((".".join(map(str, error.absolute_path)) or "top", error.message) for error in errors)
