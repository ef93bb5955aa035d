"""The answers of all sections of the document in one table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SECTION = re.compile(r"<!-- study (?P<name>\w+): begin -->\n(?P<text>.*?)\n<!-- study (?P=name): end -->", re.DOTALL)
FIGURE = re.compile(r"^- Figure: (?P<asked>.*)\.\n(?P<answers>(?:^  - .*\n?)*)", re.MULTILINE)
ANSWER = re.compile(
    r"^  - (?P<variant>`\w+`): (?P<reached>\*\*reached\*\*|not reached)(?: \((?P<number>[-+.\d]+)\))?$", re.M
)


@dataclass(frozen=True)
class Answer:
    """What one variant came to in one figure.

    Attributes:
        variant: its name, in backticks.
        reached: whether it reached the figure.
        number: what it came to, as the section writes it; empty where it says none.
    """

    variant: str
    reached: bool
    number: str

    def __str__(self) -> str:
        return f"{self.variant} ({self.number})" if self.number else self.variant


def at_a_glance(document: str) -> str:
    """A table of every figure that was to be reached, and by which variants it was.

    Args:
        document: the sections as `tools.study.section.write_section` writes them.

    Returns:
        Markdown, a line a figure in the order of the sections, and one more for all figures of a study that has several.
        Empty without a figure.
    """
    lines = []
    for section in SECTION.finditer(document):
        text = section["text"]
        title = re.search(r"^## (.*)$", text, re.MULTILINE)
        figures = [(found["asked"], _answers(found["answers"])) for found in FIGURE.finditer(text)]
        if title is None or not figures:
            continue
        rows = [(asked, _by(answers), _closest(asked, answers)) for asked, answers in figures]
        if len(figures) > 1:
            rows.append(("all of these", _by_the_same([answers for _, answers in figures]), ""))
        named = [f"[{title[1]}](#{_anchor(title[1])})", *[""] * (len(rows) - 1)]
        lines += [f"| {' | '.join([name, *row])} |" for name, row in zip(named, rows, strict=True)]
    if not lines:
        return ""
    head = ["| question | to be reached | reached by | closest where none does |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *lines])


def _answers(text: str) -> list[Answer]:
    return [
        Answer(found["variant"], found["reached"] != "not reached", found["number"] or "")
        for found in ANSWER.finditer(text)
    ]


def _by(answers: Sequence[Answer]) -> str:
    reached = [str(answer) for answer in answers if answer.reached]
    return ", ".join(reached) if reached else "**none**"


def _by_the_same(figures: Sequence[Sequence[Answer]]) -> str:
    """The variants that reached every figure."""
    each = [[answer.variant for answer in answers if answer.reached] for answers in figures]
    return ", ".join(name for name in each[0] if all(name in names for names in each)) or "**none**"


def _closest(asked: str, answers: Sequence[Answer]) -> str:
    known = [answer for answer in answers if answer.number]
    if not known or any(answer.reached for answer in answers):
        return ""
    best = min if "at most" in asked else max
    return str(best(known, key=lambda answer: float(answer.number)))


def _anchor(title: str) -> str:
    """The link target that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
