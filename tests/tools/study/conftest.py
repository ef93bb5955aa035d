"""The small study, run once for all tests of studies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from study_job import Finished, contents, write_job


@pytest.fixture(scope="session")
def finished(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The study, run."""
    job = write_job(tmp_path_factory.mktemp("study"), tiny_preset)
    first, second = job.run_folder("slow", 1), job.run_folder("fast", 1)
    process = subprocess.Popen(job.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not second.with_name("seed-1.log").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = contents(first)
    done = job.run()
    assert done.returncode == 0, done.stderr[-2000:]
    return Finished(job, before, done.stdout)
