"""Studies run in processes of their own and go on after a kill."""

import json
import os
import signal
import subprocess
import time

import pytest
from study_job import contents, write_job

pytestmark = pytest.mark.timeout(1800)  # seven processes that load TensorFlow, one after another
SECONDS = 900


def test_a_killed_study_goes_on_and_does_not_run_finished_runs_again(tiny_preset, tmp_path):
    job = write_job(tmp_path, tiny_preset)
    first, second = job.run_folder("slow", 1), job.run_folder("fast", 1)
    process = subprocess.Popen(job.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while not second.with_name("seed-1.log").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = contents(first)
    done = job.run()
    assert done.returncode == 0, done.stderr[-2000:]
    assert "4 runs, 1 done" in done.stdout
    assert "[3/3]" in done.stdout
    assert contents(first) == before
    runs = [(variant, seed) for variant in ("slow", "fast") for seed in (1, 2)]
    cost = [json.loads((job.run_folder(*run) / "cost.json").read_text()) for run in runs]
    assert all(found["training_seconds"] > 0 and found["peak_memory_mb"] > 100 for found in cost)
    history = json.loads((first / "history.json").read_text())
    assert [point for point in history if point.get("seconds_per_step", 0) > 0]
    hashes = {run: json.loads((job.run_folder(*run) / "finished.json").read_text())["data_hash"] for run in runs}
    assert hashes["slow", 1] == hashes["fast", 1] != hashes["slow", 2] == hashes["fast", 2]
    assert "study rates: begin" in job.results.read_text()
    assert "Not finished" not in job.results.read_text()


def test_runs_that_fail_are_named_and_the_others_go_on(tmp_path):
    job = write_job(tmp_path, tmp_path / "nowhere", seeds=[1])
    done = job.run()
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "2 runs failed" in line
    assert "slow seed 1: " in line
    assert "fast seed 1: " in line
    assert line.count("no folder") == 2
    assert not job.results.exists()
