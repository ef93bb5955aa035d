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


SECTION = """## {question}

- Figure: loss over that of `plain`: at most 0.667.
  - `a`: **reached** (0.5000)
  - `b`: not reached (0.9000)
- Figure: accuracy less that of `plain`: at least 0.
  - `a`: not reached (-0.0200)
  - `b`: {b}
  - `c`: not known

| variant | `z`: **reached** (1.0) |
"""


def glance(path) -> list[list[str]]:
    table = path.read_text().split("at_a_glance: begin -->")[1].split("<!-- study at_a_glance: end")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


def test_every_answer_stands_in_one_table_on_top(tmp_path):
    path = tmp_path / "results.md"
    put_section(path, "one", SECTION.format(question="Is a, or b, good?", b="not reached (-0.0100)"))
    one = [
        ["[Is a, or b, good?](#is-a-or-b-good)", "loss over that of `plain`: at most 0.667", "`a` (0.5000)", ""],
        ["", "accuracy less that of `plain`: at least 0", "**none**", "`b` (-0.0100)"],
        ["", "all of these", "**none**", ""],
    ]
    assert glance(path) == one
    put_section(path, "two", SECTION.format(question="Again?", b="**reached** (+0.0100)"))
    assert glance(path)[:3] == one
    assert glance(path)[4:] == [["", one[1][1], "`b` (+0.0100)", ""], ["", "all of these", "**none**", ""]]
    both = SECTION.format(question="Again?", b="**reached** (+0.0100)").replace(
        "not reached (-0.0200)", "**reached** (+0)"
    )
    put_section(path, "two", both)
    assert glance(path)[5] == ["", "all of these", "`a`", ""]


def test_a_document_without_its_markers_has_no_such_table(tmp_path):
    path = tmp_path / "results.md"
    path.write_text("# Mine\n")
    put_section(path, "one", SECTION.format(question="Good?", b="not reached (-0.0100)"))
    assert path.read_text().startswith("# Mine\n\n<!-- study one: begin -->\n## Good?")


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
