"""A Markdown document with one section a study."""

import os
import re
from pathlib import Path

from trainer.errors import InputError

HEADER = """# Results

Each section is written by `python -m tools.study` from the finished runs of one study: its question, data, tables and costs,
whatever they show. Text between a section's markers is replaced when the study is written again; text outside them stays.
See [run a study](how-to/studies.md).
"""


def put_section(path: Path, name: str, text: str) -> None:
    """Put a section into the document, in place of its earlier one or at the end; others stay as they are.

    Args:
        path: the document; made where it is missing.
        name: of the study.
        text: the section.

    Raises:
        InputError: if a marker is missing or doubled, or the document can't be read or written.
    """
    begin, end = f"<!-- study {name}: begin -->", f"<!-- study {name}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    try:
        document = path.read_text(encoding="utf-8") if path.exists() else HEADER
        counts = document.count(begin), document.count(end)
        if counts not in ((0, 0), (1, 1)) or document.find(begin) > document.find(end):
            raise InputError(f"{path}: the markers of study {name} do not make a pair; mend or delete them")
        if counts == (0, 0):
            document = f"{document.rstrip()}\n\n{section}\n"
        else:
            document = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: section, document, flags=re.DOTALL)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(document, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}); name another file with --results") from None
