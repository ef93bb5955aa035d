"""The start scripts: the flags that TF Serving gets."""

import re
from dataclasses import dataclass
from typing import Any

from tools.deploy.flags import KNOWN_FLAGS
from tools.deploy.kit import Kit

SCRIPTS = {"cpu": "start_cpu.sh", "gpu": "start_gpu.sh"}
_FLAG = re.compile(r'--(\w+)(?:=("[^"]*"|[^\s"]*))?')
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
_NAMED = re.compile(r"\$(?:config|\{config\})/")


@dataclass(frozen=True)
class StartScript:
    """A script and the flags in it.

    Args:
        file: its name in the kit.
        flags: value by flag, defaults of variables filled in; of files the name in the kit.
    """

    file: str
    flags: dict[str, str]

    def on(self, flag: str) -> bool:
        """Whether a flag that is true or false is true."""
        return self.flags.get(flag, "false").lower() in ("true", "1", "")

    @property
    def ports(self) -> dict[str, str]:
        """The gRPC and the REST port; TF Serving's default for gRPC is 8500, and none for REST."""
        return {"grpc": self.flags.get("port", "8500"), "rest": self.flags.get("rest_api_port", "0")}


def read_scripts(kit: Kit) -> list[StartScript]:
    """Read the start scripts that can be read; the others are findings."""
    found = []
    for name in SCRIPTS.values():
        text = kit.text(name)
        if text is not None:
            code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
            flags = {flag: _value(value) for flag, value in _FLAG.findall(code)}
            found.append(StartScript(name, flags))
    return found


def _value(text: str) -> str:
    return _NAMED.sub("", _DEFAULT.sub(r"\1", text.strip('"')))


def check_scripts(kit: Kit, scripts: list[StartScript], entry: Any) -> None:
    """Check each script's flags, the files that they name, and that both give the same ports.

    Args:
        kit: the deployment; findings go there.
        scripts: its start scripts.
        entry: the ``ModelConfig`` of the model, None where there is none.
    """
    for script in scripts:
        kit.count("start scripts")
        for flag in script.flags.keys() - KNOWN_FLAGS:
            kit.report(script.file, f"--{flag}", "is no flag of tensorflow_model_server", "correct or remove it")
        for flag, value in script.flags.items():
            if flag.endswith("_file") and not (kit.folder / value).is_file():
                kit.report(script.file, f"--{flag}", f"there is no file {value!r} in the kit", "correct the name")
        _check_together(kit, script, entry)
    _check_files(kit, scripts)


def _check_together(kit: Kit, script: StartScript, entry: Any) -> None:
    flags = script.flags
    if "model_config_file" not in flags:
        kit.report(script.file, "--model_config_file", "is not given", 'add "$config/models.config"')
    for kind, port in script.ports.items():
        if not port.isdecimal() or not 0 < int(port) < 65536:
            name = "--port" if kind == "grpc" else "--rest_api_port"
            kit.report(script.file, name, f"{port!r} is no port", "give a number from 1 to 65535")
    if script.ports["grpc"] == script.ports["rest"]:
        kit.report(script.file, "--rest_api_port", "is the gRPC port too, so that REST is left out", "take another one")
    if entry is not None and entry.version_labels and not script.on("allow_version_labels_for_unavailable_models"):
        kit.report(
            script.file,
            "--allow_version_labels_for_unavailable_models",
            "is off, so that TF Serving refuses labels when it starts",
            "set it to true",
        )
    if "batching_parameters_file" in flags and not script.on("enable_batching"):
        kit.report(script.file, "--enable_batching", "is off but a batching_parameters_file is given", "set it to true")
    if "monitoring_config_file" not in flags:
        kit.report(script.file, "--monitoring_config_file", "is not given: nothing to scrape", "add monitoring.config")


def _check_files(kit: Kit, scripts: list[StartScript]) -> None:
    """Parse the text protos of the scripts' flags that no other check reads."""
    from tensorflow.core.protobuf import config_pb2

    from serving.local.config_protos import SSLConfig

    for flag, message in (("tensorflow_session_config_file", config_pb2.ConfigProto), ("ssl_config_file", SSLConfig)):
        for name in sorted({script.flags[flag] for script in scripts if flag in script.flags}):
            if (kit.folder / name).is_file():
                kit.proto(name, message())


def metrics_path(kit: Kit, scripts: list[StartScript]) -> str | None:
    """Where TF Serving shows its metrics, from the monitoring config; None, and a finding, where it does not."""
    from serving.local.config_protos import MonitoringConfig

    files = sorted({file for script in scripts if (file := script.flags.get("monitoring_config_file"))})
    paths = []
    for file in files:
        message: Any = kit.proto(file, MonitoringConfig()) if (kit.folder / file).is_file() else None
        if message is None:
            continue
        if not message.prometheus_config.enable:
            kit.report(file, "prometheus_config: enable", "is false", "set it to true")
            continue
        paths.append(message.prometheus_config.path or "/monitoring/prometheus/metrics")
    return paths[0] if paths else None
