"""Adversarial steps under MirroredStrategy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize("method", ["fgm", "awp"])
def test_two_replicas_learn_what_one_does(tiny_preset, tmp_path, method):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    command = [sys.executable, str(Path(__file__).with_name("replicas.py")), str(tiny_preset), str(tmp_path), method]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("equal")
