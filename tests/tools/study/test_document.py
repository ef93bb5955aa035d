"""The document of all studies, and the section of costs."""

import json

import pytest

from tools.benchmarks.machine import describe_machine
from tools.study.document import put_section
from tools.study.step_costs import write_costs
from trainer.errors import InputError


def test_a_section_is_replaced_and_everything_else_stays(tmp_path):
    path = tmp_path / "docs" / "results.md"
    put_section(path, "a", "## A\n\nfirst \\1 text")
    put_section(path, "b", "## B")
    path.write_text(path.read_text().replace("## B", "## B by hand") + "\nWritten by hand.\n")
    before = path.read_text()
    put_section(path, "a", "## A\n\nsecond \\1 text")
    assert path.read_text() == before.replace("first", "second")
    assert "second \\1 text" in path.read_text()
    assert path.read_text().count("study a: begin") == 1


def test_markers_that_make_no_pair_are_refused(tmp_path):
    path = tmp_path / "results.md"
    put_section(path, "a", "## A")
    path.write_text(path.read_text().replace("<!-- study a: end -->", ""))
    with pytest.raises(InputError, match="markers of study a"):
        put_section(path, "a", "## A")


def test_the_costs_are_those_of_the_benchmark(tmp_path):
    path = tmp_path / "steps.json"
    steps = {"title": "a shop", "plain.seconds": 0.5, "fgm.seconds": 1.1, "fgm.times_plain": 2.2}
    path.write_text(json.dumps({"machine": describe_machine(), "benchmarks": {"steps": steps}, "skipped": {}}))
    text = write_costs(path)
    assert "| plain step | 0.5 s | 1.00 x |" in text
    assert "| FGM | 1.1 s | 2.20 x |" in text
    assert "AWP" not in text


def test_a_file_without_such_figures_is_refused(tmp_path):
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(InputError, match=r"none.json: no figures of training steps"):
        write_costs(tmp_path / "none.json")
