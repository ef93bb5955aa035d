"""The compose file: servers and Prometheus on one machine."""

import re
from typing import Any

from tools.deploy.images import check_image
from tools.deploy.kit import Kit, at, mappings
from tools.deploy.mounts import check_base_path
from tools.deploy.probes import check_probe_path
from tools.deploy.scripts import StartScript

COMPOSE = "compose.yaml"
_VARIABLE = re.compile(r"\$\{(\w+):?-([^}]*)\}")
_GET = re.compile(r"GET (\S+)")
_LOCAL_PORT = re.compile(r"/dev/tcp/[\w.]+/(\d+)")


def check_compose(kit: Kit, scripts: list[StartScript], entry: Any, tensorflow: str | None) -> None:
    """Check the services that run TF Serving, and where Prometheus looks for them; findings go to the kit.

    Args:
        kit: the deployment as files.
        scripts: the start scripts.
        entry: the ``ModelConfig`` of the model, None where there is none.
        tensorflow: the TensorFlow version of the bundle, None where it is not known.
    """
    for document in kit.documents(COMPOSE):
        services = document.get("services")
        if not isinstance(services, dict):
            kit.report(COMPOSE, "services", "is missing", "list the services")
            return
        names: set[str] = set()
        for name, service in services.items():
            kit.count("compose services")
            words = [str(word) for key in ("entrypoint", "command") for word in _words(at(service, key))]
            started = [script for script in scripts if any(word.endswith("/" + script.file) for word in words)]
            if started:
                names |= {str(name), *map(str, at(service, "networks", "default", "aliases") or [])}
                _check_service(kit, str(name), service, started[0], entry)
                check_image(kit, COMPOSE, f"{name}: image", service.get("image"), started[0], tensorflow)
            for mount in service.get("volumes") or [] if isinstance(service, dict) else []:
                _check_mount(kit, str(name), mount)
        for script in scripts:
            if not any(script.file in str(service) for service in services.values()):
                kit.report(COMPOSE, "services", f"none runs {script.file}", "add one, as configs/tf_serving has it")
        _check_targets(kit, names)


def _words(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else list(value or [])


def _parts(entry: Any) -> list[str]:
    """The parts of a port or mount in its short form, defaults of variables filled in."""
    return _VARIABLE.sub(r"\2", str(entry)).split(":")


def _check_service(kit: Kit, name: str, service: dict[str, Any], script: StartScript, entry: Any) -> None:
    opened = {_parts(port)[-1] for port in service.get("ports") or []}
    for kind, port in script.ports.items():
        if port not in opened:
            kit.report(COMPOSE, f"{name}: ports", f"{kind} port {port} of {script.file} is not opened", "add it")
    for port in sorted(opened - set(script.ports.values())):
        kit.report(COMPOSE, f"{name}: ports", f"{script.file} opens no port {port}", "correct or remove it")
    if entry is not None and entry.base_path.startswith("/"):
        targets = [parts[1] for mount in service.get("volumes") or [] if len(parts := _parts(mount)) > 1]
        check_base_path(kit, COMPOSE, name, targets, entry)
    for key, right in (("read_only", True), ("cap_drop", ["ALL"])):
        if service.get(key) != right:
            kit.report(COMPOSE, f"{name}: {key}", "leaves more rights than needed", f"set it to {right}")
    if str(service.get("user", "root")).partition(":")[0] in ("root", "0"):
        kit.report(COMPOSE, f"{name}: user", "is root", 'give another one, as "65532:65532"')
    test = " ".join(_words(at(service, "healthcheck", "test")))
    for path in _GET.findall(test):
        check_probe_path(kit, COMPOSE, f"{name}: healthcheck", path, entry)
    for port in _LOCAL_PORT.findall(test):
        if port != script.ports["rest"]:
            kit.report(COMPOSE, f"{name}: healthcheck", f"asks port {port}", f"ask {script.ports['rest']}")


def _check_mount(kit: Kit, name: str, mount: Any) -> None:
    """A folder of this machine must be read-only; a named volume is the service's own."""
    parts = _parts(mount)
    if parts[0].startswith((".", "/", "~")) and parts[-1] != "ro":
        kit.report(COMPOSE, f"{name}: volumes", f"{str(mount)!r} is not read-only", "end it with :ro")


def _check_targets(kit: Kit, names: set[str]) -> None:
    for document in kit.documents("prometheus/prometheus.yml"):
        for job in mappings(document, "scrape_configs"):
            for static in mappings(job, "static_configs"):
                for target in static.get("targets") or []:
                    host = str(target).rpartition(":")[0]
                    if host not in names:
                        kit.report(
                            "prometheus/prometheus.yml",
                            f"job {job.get('job_name')!r}: targets",
                            f"{host!r} is no server of {COMPOSE}",
                            f"name one of {sorted(names)}",
                        )
