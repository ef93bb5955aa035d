"""The deployment files themselves, read by the programs that they are for."""

import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from serving.local.batch_settings import read_batch_settings
from tools.deploy.kit import Kit
from tools.deploy.promql import series_of
from tools.deploy.scripts import read_scripts

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "configs" / "tf_serving"
MANIFESTS = sorted(SHIPPED.glob("kubernetes/**/*.yaml"))


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: str(file.relative_to(SHIPPED)))
def test_a_manifest_is_valid_kubernetes(file: Path):
    resources = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    assert resources
    for resource in resources:
        assert kubernetes_validate.validate(resource, "1.37", strict=True) == "1.37"


@pytest.mark.parametrize("script", ["start_cpu.sh", "start_gpu.sh"])
def test_a_start_script_gives_the_flags_that_are_checked(script: str, tmp_path: Path):
    done = subprocess.run(
        ["/bin/sh", str(SHIPPED / script), "--num_load_threads=2"],
        env={"TF_SERVING_BINARY": "echo", "TF_SERVING_REST_PORT": "9501", "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    given = dict(word.removeprefix("--").split("=", 1) for word in done.stdout.split())
    assert given.pop("num_load_threads") == "2"
    assert given.pop("rest_api_port") == "9501"
    read = next(one for one in read_scripts(Kit(SHIPPED)) if one.file == script).flags
    assert read.pop("rest_api_port") == "8501"
    assert given == {flag: str(SHIPPED / value) if flag.endswith("_file") else value for flag, value in read.items()}


def test_the_local_server_reads_the_batching_parameters_too():
    settings = read_batch_settings(SHIPPED / "batching_parameters.txt")
    assert (settings.max_batch_size, tuple(settings.allowed_sizes), settings.pad) == (8, (1, 2, 4, 8), True)


def test_each_alert_names_its_section_of_the_runbook():
    groups = yaml.safe_load((SHIPPED / "prometheus" / "rules.yml").read_text(encoding="utf-8"))["groups"]
    alerts = {
        rule["alert"]: rule["annotations"]["runbook"] for group in groups for rule in group["rules"] if "alert" in rule
    }
    page = ROOT / "docs" / "how-to" / "runbook.md"
    headings = re.findall(r"^### (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(alerts)
    assert alerts == {name: f"docs/how-to/runbook.md#{name.lower()}" for name in alerts}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            'sum by (job, le) (rate(:a:b_bucket{x="1", y=~"up|down"}[5m] offset 10m)) > 1e3',
            [(":a:b_bucket", ["x", "y"])],
        ),
        ("a / on (job) group_left (pod) b unless absent(c == 1)", [("a", []), ("b", []), ("c", [])]),
        ("sum(rate(a{m='{x=\"1\"}'}[$__rate_interval])) by (m)", [("a", ["m"])]),
        ("histogram_quantile(0.99, a) or b * 0", [("a", []), ("b", [])]),
    ],
)
def test_the_series_of_an_expression_are_found(expression: str, expected: list[tuple[str, list[str]]]):
    assert series_of(expression) == expected


@pytest.mark.parametrize("expression", ["sum(a", "a)", 'a{x="1"', "rate(a[5m)"])
def test_brackets_that_do_not_match_are_an_error(expression: str):
    with pytest.raises(ValueError, match="clos"):
        series_of(expression)
