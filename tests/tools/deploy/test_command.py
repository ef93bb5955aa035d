"""`shelfrank check-deploy` as a person runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.cli import app


def test_files_that_fit_end_with_a_summary_and_0(model: Path, kit: Path):
    result = CliRunner().invoke(app, ["check-deploy", str(model), "--files", str(kit)])
    assert result.exit_code == 0, result.output
    assert result.output.count("\n") == 1
    assert f"{kit} fits {model}: " in result.output
    assert "manifests for Kubernetes" in result.output


def test_findings_are_one_line_each_and_end_with_1(model: Path, kit: Path, change):
    change("models.config", '"tensorflow"', '"torch"')
    change("start_cpu.sh", "--enable_batching=", "--enable_batchin=")
    result = CliRunner().invoke(app, ["check-deploy", str(model), "--files", str(kit)])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == f"{kit}/models.config: quickstart: model_platform: is 'torch'; write \"tensorflow\""
    assert all(line.startswith(f"{kit}/") for line in lines)


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["nowhere", "--file", "x"]])
def test_wrong_usage_ends_with_2_and_no_traceback(arguments: list[str], tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "check-deploy", *arguments],
        capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
