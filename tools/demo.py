"""The whole job on a made-up marketplace, start to end: ``make demo``."""

import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from tools.local_server import shelfrank, start_server, wait_for_port

CONFIG = Path("configs/quickstart.yaml")


def main() -> int:
    """Simulate, prepare, train, evaluate, report, export, serve and ask; then stop what was started.

    Returns:
        The exit code of the first step that fails, else 0.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from trainer.config import load_experiment

    console = Console()
    began = time.monotonic()
    experiment = load_experiment(CONFIG)
    config = ["--config", str(CONFIG)]
    steps = [["simulate", *config], ["prepare", *config], ["train", *config], ["evaluate", *config]]
    for step in [*steps, ["report", *config], ["export", *config]]:
        console.print(Rule(f"shelfrank {' '.join(step)}", align="left"))
        done = subprocess.run([*shelfrank(), *step], check=False)
        if done.returncode:
            return done.returncode
    items = experiment.data.items
    bundles = experiment.export.models / experiment.name
    console.print(Rule("shelfrank serve", align="left"))
    server = start_server(bundles, experiment.name, bundles.parent / "server.log")
    try:
        port = wait_for_port(server, bundles.parent / "server.log")
        console.print(f"serving {bundles} on port {port}\n")
        for text in example_queries(experiment.data.search_log):
            command = ["query", text, "--target", f"127.0.0.1:{port}", "--model", experiment.name]
            done = subprocess.run([*shelfrank(), *command, "--items", str(items), "-k", "5"], check=False)
            if done.returncode:
                return done.returncode
    finally:
        server.terminate()
        server.wait(timeout=30)
    console.print(f"the server was stopped; the whole demo took {(time.monotonic() - began) / 60:.1f} minutes")
    console.print(f"report: {experiment.run_folder / 'report.html'}   bundle: {bundles}")
    return 0


def example_queries(search_log: Path | None, count: int = 3) -> list[str]:
    """Queries of the log, the most frequent one and two others."""
    import pandas as pd

    assert search_log is not None
    counts = pd.read_parquet(search_log, columns=["query"])["query"].value_counts()
    return [str(counts.index[place]) for place in (0, len(counts) // 10, len(counts) // 3)][:count]


if __name__ == "__main__":
    sys.exit(main())
