"""A Markdown document with one section a study."""

import re
from pathlib import Path

from tools.study.at_a_glance import at_a_glance
from trainer.errors import InputError
from trainer.written import write_text

AT_A_GLANCE = "at_a_glance"
HEADER = """# Results

Each section is written by `python -m tools.study` from the finished runs of one study: its question, data, tables and costs,
whatever they show. Text between a section's markers is replaced when the study is written again; text outside them stays.
See [run a study](how-to/studies.md).

<!-- study at_a_glance: begin -->
<!-- study at_a_glance: end -->
"""


def put_section(path: Path, name: str, text: str) -> None:
    """Put a section into the document, in place of its earlier one or at the end; others stay as they are.

    The table of all answers is made again, where the document has its markers.

    Args:
        path: the document; made where it is missing.
        name: of the study.
        text: the section.

    Raises:
        InputError: if a marker is missing or doubled, or the document can't be read or written.
    """
    try:
        document = path.read_text(encoding="utf-8") if path.exists() else HEADER
        if _marked(path, document, name):
            document = _replaced(document, name, text)
        else:
            document = f"{document.rstrip()}\n\n{_section(name, text)}\n"
        if _marked(path, document, AT_A_GLANCE):
            document = _replaced(document, AT_A_GLANCE, at_a_glance(document))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, document)
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}); name another file with --results") from None


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- study {name}: begin -->", f"<!-- study {name}: end -->"


def _section(name: str, text: str) -> str:
    begin, end = _markers(name)
    return f"{begin}\n{text.strip()}\n{end}"


def _marked(path: Path, document: str, name: str) -> bool:
    """Whether the document has a place for a section."""
    begin, end = _markers(name)
    counts = document.count(begin), document.count(end)
    if counts not in ((0, 0), (1, 1)) or document.find(begin) > document.find(end):
        raise InputError(f"{path}: the markers of study {name} do not make a pair; mend or delete them")
    return counts == (1, 1)


def _replaced(document: str, name: str, text: str) -> str:
    begin, end = map(re.escape, _markers(name))
    return re.sub(f"{begin}.*?{end}", lambda _: _section(name, text), document, flags=re.DOTALL)
