"""Prometheus' scrape jobs and rules, and the Grafana dashboard."""

from pathlib import PurePosixPath
from typing import Any

from tools.deploy.kit import Kit, at, mappings
from tools.deploy.promql import series_of
from tools.deploy.series import SERIES, TARGET_LABELS


def check_scraping(kit: Kit, path: str | None, ports: dict[str, str]) -> set[str]:
    """Check that the scrape jobs ask where TF Serving answers, and find the files of rules.

    Args:
        kit: the deployment; findings go there.
        path: TF Serving's metrics path, None where it shows none.
        ports: its ports by kind.

    Returns:
        The names of the jobs.
    """
    jobs: set[str] = set()
    for file in kit.names("prometheus/*.yml"):
        for document in kit.documents(file):
            for place, rule_file in enumerate(at(document, "rule_files") or []):
                if not (kit.folder / PurePosixPath(file).parent / str(rule_file)).is_file():
                    kit.report(file, f"rule_files[{place}]", f"there is no file {rule_file!r}", "correct the name")
            for job in mappings(document, "scrape_configs"):
                jobs.add(str(job.get("job_name")))
                _check_job(kit, file, job, path, ports)
    if not jobs:
        kit.report("prometheus", "scrape_configs", "no file has a scrape job", "add prometheus.yml")
    return jobs


def _check_job(kit: Kit, file: str, job: dict[str, Any], path: str | None, ports: dict[str, str]) -> None:
    kit.count("scrape jobs")
    where = f"job {job.get('job_name')!r}"
    asked = job.get("metrics_path", "/metrics")
    if path is not None and asked != path:
        kit.report(file, f"{where}: metrics_path", f"is {asked!r}, TF Serving shows {path!r}", f"set it to {path!r}")
    for static in mappings(job, "static_configs"):
        for target in static.get("targets") or []:
            port = str(target).rpartition(":")[2]
            if port != ports["rest"]:
                kit.report(
                    file, f"{where}: targets", f"{target!r} is not at REST port {ports['rest']}", "correct the port"
                )


def check_rules(kit: Kit, jobs: set[str]) -> set[str]:
    """Check the rules' expressions.

    Args:
        kit: the deployment; findings go there.
        jobs: names of the scrape jobs.

    Returns:
        The series that the rules record.
    """
    rules = [
        (file, f"rule {rule.get('alert') or rule.get('record')!r}", rule)
        for file in kit.names("prometheus/*.yml")
        for document in kit.documents(file)
        for group in mappings(document, "groups")
        for rule in mappings(group, "rules")
    ]
    recorded = {str(rule["record"]) for _, _, rule in rules if "record" in rule}
    for file, where, rule in rules:
        kit.count("rules")
        if ("alert" in rule) == ("record" in rule):
            kit.report(file, where, "has not one of alert and record", "give one of the two")
        check_expression(kit, file, where, rule.get("expr"), recorded)
    for file, where, rule in rules:
        for job in jobs_named(str(rule.get("expr", ""))) - jobs:
            kit.report(file, where, f"names job {job!r}, there is {sorted(jobs)}", "name a scrape job")
    return recorded


def jobs_named(expression: str) -> set[str]:
    """The jobs that an expression names with ``job="..."``."""
    return {part.partition('"')[0] for part in expression.split('job="')[1:]}


def check_dashboards(kit: Kit, recorded: set[str], jobs: set[str]) -> None:
    """Check that the dashboards' panels and variables only name series that are exported or recorded."""
    for file in kit.names("grafana/*.json"):
        dashboard = kit.json(file)
        if dashboard is None:
            continue
        panels = mappings(dashboard, "panels")
        if not panels:
            kit.report(file, "panels", "has none", "export the dashboard from Grafana again")
        for panel in panels:
            kit.count("panels")
            for target in mappings(panel, "targets"):
                where = f"panel {panel.get('title')!r}"
                check_expression(kit, file, where, target.get("expr"), recorded)
                for job in jobs_named(str(target.get("expr", ""))) - jobs:
                    kit.report(file, where, f"names job {job!r}, there is {sorted(jobs)}", "name a scrape job")
        for variable in mappings(dashboard, "templating", "list"):
            if variable.get("type") == "query":
                asked = str(variable.get("query")).removeprefix("label_values(").rpartition(",")[0]
                check_expression(kit, file, f"variable {variable.get('name')!r}", asked, recorded)


def check_expression(kit: Kit, file: str, where: str, expression: Any, recorded: set[str]) -> None:
    """Check the series and labels of one expression; findings go to the kit."""
    if not isinstance(expression, str) or not expression.strip():
        kit.report(file, where, "has no expression", "write expr")
        return
    try:
        named = series_of(expression)
    except ValueError as error:
        kit.report(file, where, f"is no PromQL: {error}", "correct the expression")
        return
    for series, labels in named:
        if series in recorded:
            continue
        if series not in SERIES:
            near = [name for name in SERIES if name.startswith(series)]
            advice = f"there are {', '.join(near)}" if near else "see tools/deploy/series.py for those that it exports"
            kit.report(file, where, f"TF Serving exports no series {series!r}", advice)
            continue
        for label in labels:
            if label not in SERIES[series] | TARGET_LABELS:
                there = ", ".join(sorted(SERIES[series])) or "none of its own"
                kit.report(file, where, f"series {series!r} has no label {label!r}", f"its labels are {there}")
