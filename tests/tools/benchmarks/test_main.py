"""The command, the tables and the JSON."""

import io
import json
import sys

import pytest
from rich.console import Console

from tools.benchmarks.__main__ import main, measure
from tools.benchmarks.figures import Figure, NotHere, Result, with_unit
from tools.benchmarks.machine import cpu_model, describe_machine, in_words
from trainer.errors import InputError

RESULT = Result(
    "client",
    "a title",
    [Figure("speed_ms", "speed", 12.5, "ms", 10.0), Figure("count", "count", 3, limit=3), Figure("name", "name", "x")],
)


def not_here() -> Result:
    raise NotHere("no run there")


def faulty() -> Result:
    raise InputError("damaged")


def test_what_is_not_here_is_skipped_with_the_reason_and_the_rest_runs(tmp_path, capsys):
    file = tmp_path / "bench.json"
    measure({"serving": not_here, "client": lambda: RESULT}, file, skip=True)
    found = json.loads(file.read_text())
    assert found["skipped"] == {"serving": "no run there"}
    assert found["benchmarks"]["client"] == {
        "title": "a title",
        "speed_ms": 12.5,
        "count": 3,
        "name": "x",
        "limits": {"speed_ms": {"most": 10.0, "met": False}, "count": {"most": 3, "met": True}},
    }
    assert {"cores", "cpu", "date", "load", "python", "versions"} <= set(found["machine"])
    assert "serving: skipped: no run there" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_one_benchmark_alone_is_not_skipped():
    with pytest.raises(NotHere, match="no run there"):
        measure({"serving": not_here}, None)


def test_what_was_found_before_an_error_is_written(tmp_path):
    file = tmp_path / "bench.json"
    with pytest.raises(InputError, match="damaged"):
        measure({"client": lambda: RESULT, "serving": faulty}, file, skip=True)
    assert set(json.loads(file.read_text())["benchmarks"]) == {"client"}


def test_a_file_that_can_not_be_written_is_refused_before_anything_is_measured(tmp_path):
    with pytest.raises(InputError, match=r"--json .*: no folder "):
        measure({"serving": faulty}, tmp_path / "gone" / "bench.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serving", "no/run"], "error: no/run: no finished run (config.yaml is missing)"),
        (["training", "--config", "no.yaml"], "error: no.yaml: no such file"),
        (["--json", "bench.json", "client"], "error: --run and --json stand after the command: client ... --json FILE"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_exit_code_2(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(message)


def test_a_table_tells_which_limits_are_kept():
    console = Console(record=True, width=100, file=io.StringIO())
    RESULT.show(console)
    rows = {line.split("│")[1].strip(): line for line in console.export_text().splitlines() if "│" in line}
    assert "12.5 ms" in rows["speed"]
    assert "missed" in rows["speed"]
    assert "kept" in rows["count"]
    assert "kept" not in rows["name"]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0, "", "0"),
        (3.28e-7, "", "3.28e-07"),
        (0.1454, "s", "0.145 s"),
        (4606.2, "us", "4,606 us"),
        (2000, "", "2,000"),
        ("none", "", "none"),
    ],
)
def test_figures_are_shown_with_three_digits(value, unit, shown):
    assert with_unit(value, unit) == shown


def test_the_machine_is_described(tmp_path):
    machine = describe_machine()
    assert machine["cores"] >= 1
    assert machine["versions"]["shelfrank-client"] == "0.1.0"
    assert "\n" not in in_words(machine)
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel\t\t: 17\nmodel name\t: Some CPU 9000\n")
    assert cpu_model(cpuinfo) == "Some CPU 9000"
    assert cpu_model(tmp_path / "gone")
