"""What a search frontend installs and imports."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import shelfrank_client
from tools.benchmarks.client_overhead import measure_overhead
from tools.benchmarks.figures import Figure, NotHere, Result
from tools.benchmarks.packing import measure_packing
from trainer.errors import InputError

IMPORTS = 7
HEAVY = ("keras", "numpy", "pandas", "tensorflow", "tensorflow_serving", "trainer", "serving", "tools")
# What the project asks of itself.
MAX_IMPORT_SECONDS = 0.3
MAX_WHEEL_KB = 100.0
MAX_OVERHEAD_MS = 0.5
# The peak of ru_maxrss would be that of the process that started this one, where that is larger.
MEASURE = """
import json, pathlib, sys, time
began = time.perf_counter()
import shelfrank_client
seconds = time.perf_counter() - began
status = pathlib.Path("/proc/self/status")
lines = status.read_text().splitlines() if status.is_file() else []
memory = [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM:")]
print(json.dumps({"seconds": seconds, "memory_mb": memory, "modules": sorted(sys.modules)}))
"""


def benchmark_client(imports: int = IMPORTS) -> Result:
    """Measure the client without a server.

    Args:
        imports: fresh processes that import it; the median counts.

    Returns:
        Time and memory of the import, heavy modules that it loads, size of the wheel, time of packing a
        request, and what the client adds to a call of a bare stub.

    Raises:
        InputError: if the client can't be imported, or its wheel can't be built.
    """
    figures = [*import_figures(imports), *wheel_figures(), *packing_figures(), *overhead_figures()]
    version = metadata.version("shelfrank-client")
    return Result("client", f"shelfrank-client {version}, Python {sys.version.split()[0]}", figures)


def import_figures(imports: int) -> list[Figure]:
    """The import in fresh processes."""
    found = []
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as elsewhere:
        for _ in range(imports):
            ended = subprocess.run(
                [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=False, cwd=elsewhere
            )
            if ended.returncode:
                raise InputError(f"shelfrank_client can't be imported: {last_line(ended.stderr)}")
            found.append(json.loads(ended.stdout))
    seconds = statistics.median(f["seconds"] for f in found)
    memory = [peak for f in found for peak in f["memory_mb"]]
    heavy = loaded_of(HEAVY, found[-1]["modules"])
    return [
        Figure("imports", "fresh processes", imports),
        Figure("import_seconds", "import, median", seconds, "s", MAX_IMPORT_SECONDS),
        *([Figure("import_memory_mb", "memory of that process", statistics.median(memory), "MB")] if memory else []),
        Figure("heavy_modules", "heavy modules that it loads", ", ".join(heavy) or "none"),
        Figure("heavy_count", "number of heavy modules", len(heavy), limit=0),
    ]


def loaded_of(heavy: tuple[str, ...], modules: list[str]) -> list[str]:
    """Which packages are among loaded modules, or have a module there."""
    return [package for package in heavy if package in {module.split(".")[0] for module in modules}]


def wheel_figures() -> list[Figure]:
    """The wheel as pip builds it."""
    try:
        size = wheel_bytes(Path(shelfrank_client.__file__).parents[1])
    except NotHere as reason:
        return [Figure("wheel_not_built", "no wheel was built", str(reason))]
    return [Figure("wheel_kb", "wheel", size / 1000, "kB", MAX_WHEEL_KB)]


def wheel_bytes(project: Path) -> int:
    """Build the wheel of a project, away from its folder, and weigh it.

    Args:
        project: the folder with ``pyproject.toml``.

    Raises:
        NotHere: if that is not there, because the client was installed without its source.
        InputError: if pip can't build it.
    """
    if not (project / "pyproject.toml").is_file():
        raise NotHere(f"{project} holds no source of the client; install it with `pip install -e serving/client`")
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as name:
        source, wheels = Path(name, "source"), Path(name, "wheels")
        shutil.copytree(project, source, ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        # The build's own tools are installed already: nothing is fetched.
        command += ["--no-build-isolation", "--wheel-dir", str(wheels), str(source)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise InputError(f"{project}: pip can't build the wheel: {last_line(ended.stderr)}")
        (wheel,) = wheels.glob("*.whl")
        return wheel.stat().st_size


def packing_figures() -> list[Figure]:
    """The client's own packing against TensorFlow's."""
    packing = measure_packing()
    return [
        Figure("pack_us", "packing 100 candidates, median", packing.own, "us"),
        Figure("make_tensor_proto_us", "the same by tf.make_tensor_proto, median", packing.tensorflow, "us"),
        Figure("pack_speed_up", "how many times as fast", packing.tensorflow / packing.own, "times"),
    ]


def overhead_figures() -> list[Figure]:
    """The client's call against a bare stub's."""
    overhead = measure_overhead()
    return [
        Figure("rank_items_ms", "rank_items, 100 candidates of 10 features, p50", overhead.client, "ms"),
        Figure("bare_stub_ms", "a bare stub with that request, p50", overhead.stub, "ms"),
        Figure("overhead_ms", "what the client adds", overhead.client - overhead.stub, "ms", MAX_OVERHEAD_MS),
    ]


def last_line(text: str) -> str:
    """The last line of what a process wrote."""
    return (text.strip().splitlines() or ["no message"])[-1]
