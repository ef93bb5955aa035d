"""The file of `--monitoring_config_file`: whether there is a page for Prometheus, and where."""

from pathlib import Path

from serving.local.config_protos import MonitoringConfig
from serving.local.errors import ServerError
from serving.local.text_protos import read_text_proto

FLAG = "monitoring_config_file"
DEFAULT_PATH = "/monitoring/prometheus/metrics"


def metrics_path_of(file: Path | None) -> str | None:
    """Read where the metrics are served.

    Args:
        file: text proto of `MonitoringConfig`, if there is one.

    Returns:
        The path on the REST port; None where they are not served, as without a file.

    Raises:
        ServerError: the file is wrong.
    """
    if file is None:
        return None
    prometheus = read_text_proto(file, MonitoringConfig(), FLAG).prometheus_config  # type: ignore[attr-defined]
    if not prometheus.enable:
        return None
    path: str = prometheus.path or DEFAULT_PATH
    if not path.startswith("/"):
        raise ServerError(f"--{FLAG}={file}: path {path!r} does not start with /; give one such as {DEFAULT_PATH}")
    return path
