"""The Kubernetes manifests: against the schemas of Kubernetes, and against each other."""

from dataclasses import dataclass
from typing import Any

from tools.deploy.kit import Kit, at, mappings
from tools.deploy.schemas import UnknownKind, newest_version, schema_errors


@dataclass(frozen=True)
class Resource:
    """One resource of a manifest.

    Args:
        file: the manifest, in the kit.
        body: what it says.
    """

    file: str
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """Such as Deployment."""
        return str(self.body.get("kind"))

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return str(at(self.body, "metadata", "name"))

    @property
    def where(self) -> str:
        """What a finding calls it."""
        return f"{self.kind} {self.name}"


def read_manifests(kit: Kit) -> list[Resource]:
    """Read all resources below ``kubernetes/``; each that its schema refuses is a finding.

    Raises:
        InputError: the package with the schemas is missing.
    """
    version = newest_version()
    found = []
    for file in kit.names("kubernetes/**/*.y*ml"):
        for body in kit.documents(file):
            if not isinstance(body.get("kind"), str) or not isinstance(body.get("apiVersion"), str):
                kit.report(file, "kind", "a resource needs kind and apiVersion", "add them")
                continue
            resource = Resource(file, body)
            kit.count(f"manifests for Kubernetes {version}:")
            found.append(resource)
            try:
                for where, problem in schema_errors(body, version):
                    kit.report(file, where, f"{resource.where}: {problem}", f"see the API of Kubernetes {version}")
            except UnknownKind:
                problem = f"Kubernetes {version} has no kind {resource.kind!r} of {body['apiVersion']!r}"
                kit.report(file, "apiVersion", problem, "correct kind and apiVersion")
    if not found:
        kit.report("kubernetes", "files", "has no manifest", "put the manifests there, as configs/tf_serving has them")
    return found


def of_kind(resources: list[Resource], kind: str) -> list[Resource]:
    """The resources of one kind, in order."""
    return [resource for resource in resources if resource.kind == kind]


def pod_labels(deployment: Resource) -> dict[str, Any]:
    """The labels of a Deployment's pods."""
    return at(deployment.body, "spec", "template", "metadata", "labels") or {}


def check_references(kit: Kit, resources: list[Resource], ports: dict[str, str]) -> None:
    """Check that Services, autoscalers and disruption budgets point at Deployments that are there.

    Args:
        kit: the deployment; findings go there.
        resources: all of it.
        ports: TF Serving's ports by kind.
    """
    deployments = of_kind(resources, "Deployment")
    for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
        if resources and not of_kind(resources, kind):
            kit.report("kubernetes", kind, "there is none", "add one, as configs/tf_serving has it")
    for resource in resources:
        if resource.kind == "Service":
            _check_selector(kit, resource, at(resource.body, "spec", "selector"), deployments)
            _check_service_ports(kit, resource, ports)
        elif resource.kind == "PodDisruptionBudget":
            _check_selector(kit, resource, at(resource.body, "spec", "selector", "matchLabels"), deployments)
        elif resource.kind == "Deployment":
            _check_selector(kit, resource, at(resource.body, "spec", "selector", "matchLabels"), [resource])
        elif resource.kind == "HorizontalPodAutoscaler":
            _check_autoscaler(kit, resource, deployments)


def _check_selector(kit: Kit, resource: Resource, selector: Any, deployments: list[Resource]) -> None:
    wanted = selector if isinstance(selector, dict) else {}
    if deployments and not any(wanted and wanted.items() <= pod_labels(one).items() for one in deployments):
        shown = ", ".join(f"{key}={value}" for key, value in wanted.items()) or "nothing"
        kit.report(
            resource.file, f"{resource.where}: selector", f"{shown} selects no pod", "use the labels of the pods"
        )


def _check_service_ports(kit: Kit, resource: Resource, ports: dict[str, str]) -> None:
    given = {str(port.get("name")): port for port in mappings(resource.body, "spec", "ports")}
    for kind, port in ports.items():
        where = f"{resource.where}: port {kind!r}"
        if kind not in given:
            kit.report(resource.file, where, "is missing", f"add it with port {port} and targetPort {kind}")
            continue
        target = given[kind].get("targetPort", given[kind].get("port"))
        if str(target) not in (kind, port):
            kit.report(resource.file, where, f"targetPort {target!r} is no port of the pods", f"write {kind}")
        # A headless Service has no port of its own: a client that looks its name up reaches the pods' ports.
        if str(given[kind].get("port")) != port:
            kit.report(
                resource.file, where, f"is {given[kind].get('port')}, TF Serving's is {port}", "make the two equal"
            )


def _check_autoscaler(kit: Kit, resource: Resource, deployments: list[Resource]) -> None:
    target = at(resource.body, "spec", "scaleTargetRef", "name")
    scaled = [one for one in deployments if one.name == target]
    if not scaled:
        kit.report(
            resource.file,
            f"{resource.where}: scaleTargetRef",
            f"there is no Deployment {target!r}",
            f"name one of {[one.name for one in deployments]}",
        )
    for one in scaled:
        if at(one.body, "spec", "replicas") is not None:
            kit.report(
                one.file,
                f"{one.where}: replicas",
                "is set, so that each apply undoes the autoscaler's number",
                "leave it out",
            )
    least, most = at(resource.body, "spec", "minReplicas"), at(resource.body, "spec", "maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        kit.report(
            resource.file, f"{resource.where}: minReplicas", f"{least} is above maxReplicas {most}", "correct the two"
        )
