"""What the figures were measured on."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = (
    "shelfrank",
    "shelfrank-client",
    "tensorflow",
    "tensorflow-text",
    "keras",
    "keras-hub",
    "numpy",
    "grpcio",
    "protobuf",
)


def describe_machine() -> dict[str, Any]:
    """The machine, the time and the versions.

    Returns:
        ``cores`` that this process may use, ``cpu``, ``memory_gb``, ``load`` (processes that ran or wanted to, on average
        over the last minute: a figure much above 0 before the benchmark says that others slowed it down), ``system``,
        ``date`` (UTC), ``python``, ``versions`` by distribution.
    """
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": cpu_model(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {name: version for name in LIBRARIES if (version := version_of(name)) is not None},
    }


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as Linux tells it; elsewhere as Python does."""
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def version_of(distribution: str) -> str | None:
    """The installed version, None where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def in_words(machine: dict[str, Any]) -> str:
    """The machine in one line."""
    cores = "1 core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    return (
        f"{machine['cpu']}, {cores}, {machine['memory_gb']:g} GB, load {machine['load']:g}; "
        f"Python {machine['python']}, TensorFlow {machine['versions'].get('tensorflow', 'not installed')}; "
        f"{machine['date']}"
    )
