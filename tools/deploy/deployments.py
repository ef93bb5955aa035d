"""The Deployments: image, probes, ports, limits, rights and what is mounted."""

from typing import Any

from tools.deploy.images import check_image
from tools.deploy.kit import Kit, at, mappings
from tools.deploy.manifests import Resource, of_kind
from tools.deploy.mounts import check_mounts
from tools.deploy.probes import check_probe_path
from tools.deploy.scripts import SCRIPTS, StartScript

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
GPU = "nvidia.com/gpu"


def check_deployments(
    kit: Kit,
    resources: list[Resource],
    scripts: list[StartScript],
    path: str | None,
    entry: Any,
    tensorflow: str | None,
) -> None:
    """Check each Deployment; findings go to the kit.

    Args:
        kit: the deployment as files.
        resources: all manifests.
        scripts: the start scripts.
        path: TF Serving's metrics path, None where it shows none.
        entry: the ``ModelConfig`` of the model, None where there is none.
        tensorflow: the TensorFlow version of the bundle, None where it is not known.
    """
    for deployment in of_kind(resources, "Deployment"):
        pod = at(deployment.body, "spec", "template", "spec") or {}
        containers = mappings(pod, "containers")
        if not containers:
            continue  # the schema says so
        container = containers[0]
        command = [str(word) for word in (at(container, "command") or [])]
        started = [script for script in scripts if any(word.endswith("/" + script.file) for word in command)]
        where = deployment.where
        if not started:
            kit.report(
                deployment.file, f"{where}: command", f"{command} starts no script of the kit", "run a start script"
            )
            continue
        check_image(kit, deployment.file, f"{where}: image", container.get("image"), started[0], tensorflow)
        _check_ports(kit, deployment, container, started[0], path)
        _check_probes(kit, deployment, container, started[0], entry)
        _check_rights(kit, deployment, pod, container)
        _check_limits(kit, deployment, container, started[0])
        check_mounts(kit, deployment, container, pod, resources, started[0], entry)


def _check_ports(
    kit: Kit, deployment: Resource, container: dict[str, Any], script: StartScript, path: str | None
) -> None:
    given = {str(port.get("name")): str(port.get("containerPort")) for port in mappings(container, "ports")}
    for kind, port in script.ports.items():
        if given.get(kind) != port:
            kit.report(
                deployment.file,
                f"{deployment.where}: containerPort {kind!r}",
                f"is {given.get(kind, 'missing')}, {script.file} opens {port}",
                f"set it to {port}",
            )
    notes = at(deployment.body, "spec", "template", "metadata", "annotations") or {}
    for note, wanted in (("prometheus.io/port", script.ports["rest"]), ("prometheus.io/path", path)):
        if note in notes and wanted is not None and notes[note] != wanted:
            kit.report(
                deployment.file,
                f"{deployment.where}: {note}",
                f"is {notes[note]!r}, TF Serving's is {wanted!r}",
                f"set it to {wanted!r}",
            )


def _check_probes(kit: Kit, deployment: Resource, container: dict[str, Any], script: StartScript, entry: Any) -> None:
    for name in PROBES:
        where = f"{deployment.where}: {name}"
        probe = container.get(name)
        if not isinstance(probe, dict):
            kit.report(deployment.file, where, "is missing", "add it, as configs/tf_serving has it")
            continue
        for action, kind in (("httpGet", "rest"), ("grpc", "grpc"), ("tcpSocket", "grpc")):
            port = at(probe, action, "port")
            if action in probe and str(port) not in (kind, script.ports[kind]):
                kit.report(deployment.file, where, f"asks port {port!r}", f"ask {kind} ({script.ports[kind]})")
        if "httpGet" in probe:
            check_probe_path(kit, deployment.file, where, str(at(probe, "httpGet", "path")), entry)
        elif name != "livenessProbe":
            kit.report(
                deployment.file,
                where,
                "does not wait until a version is AVAILABLE",
                "ask the metadata of a label by httpGet",
            )
        if "grpc" in probe and not script.on("enable_grpc_healthcheck_service"):
            kit.report(
                deployment.file,
                where,
                f"asks the gRPC health service, which {script.file} leaves off",
                "add --enable_grpc_healthcheck_service=true",
            )
        if "grpc" in probe and "ssl_config_file" in script.flags:
            kit.report(deployment.file, where, "a grpc probe speaks no TLS, the server does", "use tcpSocket")


def _check_rights(kit: Kit, deployment: Resource, pod: dict[str, Any], container: dict[str, Any]) -> None:
    whole, own = at(pod, "securityContext") or {}, at(container, "securityContext") or {}
    user = own.get("runAsUser", whole.get("runAsUser"))
    dropped = at(own, "capabilities", "drop") or []
    for key, right, advice in (
        ("runAsNonRoot", own.get("runAsNonRoot", whole.get("runAsNonRoot")) is True, "set it to true"),
        ("runAsUser", isinstance(user, int) and user > 0, "give a number above 0, the image's own user is root"),
        ("allowPrivilegeEscalation", own.get("allowPrivilegeEscalation") is False, "set it to false"),
        ("readOnlyRootFilesystem", own.get("readOnlyRootFilesystem") is True, "set it to true"),
        ("capabilities", "ALL" in dropped, "drop ALL"),
    ):
        if not right:
            kit.report(
                deployment.file, f"{deployment.where}: securityContext.{key}", "leaves more rights than needed", advice
            )


def _check_limits(kit: Kit, deployment: Resource, container: dict[str, Any], script: StartScript) -> None:
    limits = at(container, "resources", "limits") or {}
    requests = at(container, "resources", "requests") or {}
    for name in ("cpu", "memory"):
        for kind, given in (("requests", requests), ("limits", limits)):
            if name not in given:
                kit.report(
                    deployment.file, f"{deployment.where}: resources.{kind}.{name}", "is missing", "give a number"
                )
    if (script.file == SCRIPTS["gpu"]) != (GPU in limits):
        problem = "is given, the script is for CPUs" if GPU in limits else f"is missing, {script.file} wants a GPU"
        kit.report(deployment.file, f"{deployment.where}: resources.limits.{GPU}", problem, "let the two agree")
