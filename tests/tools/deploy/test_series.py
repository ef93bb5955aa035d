"""The series that rules and dashboards may name."""

from collections.abc import Callable

import pytest

from serving.local.serving_metrics import ServingMetrics
from tools.deploy.series import SERIES

RULES = "prometheus/rules.yml"
FAILED = ':tensorflow:serving:request_log_count{job="shelfrank", model_name="shop", status_code!="OK"}'
"""Requests that were sampled for a log and are in none."""


def names_of(metric: str, kind: str) -> set[str]:
    return {f"{metric}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {metric}


def test_they_are_those_of_the_local_server_and_those_that_tf_serving_alone_has():
    types = [line.split()[2:] for line in ServingMetrics().page().splitlines() if line.startswith("# TYPE ")]
    shown = set().union(*(names_of(*metric) for metric in types))
    assert ":tensorflow:serving:request_log_count" in shown
    others = names_of(":tensorflow:cc:saved_model:load_latency_by_stage", "histogram") | {"up"}
    assert set(SERIES) == shown | others


def test_a_rule_and_a_panel_may_count_logged_requests(
    change: Callable[[str, str, str], None], findings: Callable[[], list[str]]
):
    change(RULES, 'up{job="shelfrank"} == 0', f"rate({FAILED}[5m]) > 0")
    quoted = FAILED.replace('"', r"\"")
    change("grafana/shelfrank.json", "shelfrank:refused:rate5m", f"rate({quoted}[5m])")
    assert findings() == []


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (
            "status",
            "series ':tensorflow:serving:request_log_count' has no label 'status'; its labels are model_name, status_",
        ),
        ("model", "has no label 'model'"),
    ],
)
def test_labels_that_it_has_not_are_found(
    label: str, expected: str, change: Callable[[str, str, str], None], findings: Callable[[], list[str]]
):
    change(RULES, 'up{job="shelfrank"} == 0', f':tensorflow:serving:request_log_count{{{label}="x"}} > 0')
    assert any(expected in line for line in findings())
